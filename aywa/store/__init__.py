"""PostgreSQL: the embedded server, migrations, and the queries of each noun."""
