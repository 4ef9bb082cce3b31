# Stands in for redis:8.
FROM gatehouse-stand-in-base
RUN groupadd --system --gid 999 redis && useradd --system --uid 999 --gid redis redis \
  && printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 0755 /usr/sbin/policy-rc.d \
  && apt-get update -q && apt-get install -y -q --no-install-recommends redis-server \
  && rm -rf /var/lib/apt/lists/* && install -d -o redis -g redis /data
VOLUME /data
WORKDIR /data
EXPOSE 6379
CMD ["redis-server"]
