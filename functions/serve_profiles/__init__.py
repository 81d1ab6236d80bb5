from regulars.edge.startup import starting

starting()
