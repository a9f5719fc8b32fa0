#!/bin/bash
# Runs once, when PostgreSQL makes its cluster: the three roles and their database. Migrations do the rest.
#   antechamber_owner migrates; antechamber_app runs the server; antechamber_billing sees the billing schema only.
set -euo pipefail

export PGPASSWORD=$POSTGRES_PASSWORD
psql -v ON_ERROR_STOP=1 --username postgres --no-psqlrc \
    -v owner="$OWNER_PASSWORD" -v app="$APP_PASSWORD" -v billing="$BILLING_PASSWORD" <<'SQL'
CREATE ROLE antechamber_owner LOGIN PASSWORD :'owner';
CREATE ROLE antechamber_app LOGIN PASSWORD :'app';
CREATE ROLE antechamber_billing LOGIN PASSWORD :'billing';
CREATE DATABASE antechamber OWNER antechamber_owner;
REVOKE ALL ON DATABASE antechamber FROM PUBLIC;
GRANT CONNECT ON DATABASE antechamber TO antechamber_app, antechamber_billing;
SQL
