# Stands in for rabbitmq:4: Debian's RabbitMQ, logging to standard output, its data in /var/lib/rabbitmq.
FROM gatehouse-stand-in-base
RUN groupadd --system --gid 999 rabbitmq \
  && useradd --system --uid 999 --gid rabbitmq --home-dir /var/lib/rabbitmq rabbitmq \
  && printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 0755 /usr/sbin/policy-rc.d \
  && apt-get update -q && apt-get install -y -q --no-install-recommends rabbitmq-server \
  && rm -rf /var/lib/apt/lists/* /var/lib/rabbitmq/.erlang.cookie /var/lib/rabbitmq/mnesia /etc/rabbitmq/rabbitmq-env.conf \
  && install -d -o rabbitmq -g rabbitmq /etc/rabbitmq/conf.d /var/lib/rabbitmq /var/log/rabbitmq
# Debian wraps these in a script that changes the account; the container's is right already.
ENV PATH=/usr/lib/rabbitmq/bin:$PATH HOME=/var/lib/rabbitmq RABBITMQ_LOGS=- LANG=C.UTF-8
VOLUME /var/lib/rabbitmq
EXPOSE 5672
CMD ["rabbitmq-server"]
