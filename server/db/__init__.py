"""The only part of the server that speaks SQL: one module a noun, SQLAlchemy Core on asyncpg. Shell (sqlalchemy).

Names, contacts, addresses and consents live only in columns named `*_sealed` (AES-256-GCM, see `server.fields`);
every primary key and unique index begins with the practice.
"""
