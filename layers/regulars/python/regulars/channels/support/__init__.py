"""Help desk and CRM channels: Intercom, Crisp, Chatwoot and HubSpot."""
