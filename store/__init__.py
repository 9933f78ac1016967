"""What happened: the database, the audit chain, publication of files. The only SQL in the project."""
