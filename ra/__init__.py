"""The registration branch officers' front end."""
