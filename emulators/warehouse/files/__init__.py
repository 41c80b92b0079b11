"""Files: volumes, PUT and GET of drivers, read_files, COPY INTO."""
