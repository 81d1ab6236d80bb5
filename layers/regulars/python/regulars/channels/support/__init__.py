"""Help desks and customer databases: Intercom, Crisp, Chatwoot and HubSpot."""
