from regulars.transport.cold_start import starting

starting()
