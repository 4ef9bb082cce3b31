# Stands in for hashicorp/consul: the program of the last Debian suite that has it, from the base's own mirror.
FROM gatehouse-stand-in-base
RUN groupadd --system --gid 1000 consul && useradd --system --uid 100 --gid consul consul \
  && mirror=$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list) \
  && echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bullseye main" >/etc/apt/sources.list.d/older.list \
  && apt-get update -q && apt-get install -y -q --no-install-recommends wget \
  && cd /tmp && apt-get download -q consul/bullseye && dpkg -x consul_*.deb unpacked \
  && mv unpacked/usr/bin/consul /usr/local/bin/consul \
  && rm -rf /tmp/* /var/lib/apt/lists/* && install -d -o consul -g consul /consul/data /consul/config
VOLUME /consul/data
EXPOSE 8500
ENTRYPOINT ["consul"]
