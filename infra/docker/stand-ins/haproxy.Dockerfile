# Stands in for haproxy: the same account by name, folder and command.
FROM gatehouse-stand-in-base
RUN printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 0755 /usr/sbin/policy-rc.d \
  && apt-get update -q && apt-get install -y -q --no-install-recommends haproxy \
  && rm -rf /var/lib/apt/lists/* && install -d /usr/local/etc/haproxy
STOPSIGNAL SIGUSR1
USER haproxy
CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
