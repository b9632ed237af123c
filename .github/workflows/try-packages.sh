#!/bin/sh
# Installs each flavour in turn, tries the command, removes the last: in a container that may be spoilt.
#   try-packages.sh FOLDER      FOLDER holds the packages
set -eu
folder=$1
mkdir -p /etc/vscp
echo '{}' > /etc/vscp/websocksrv.json
for flavour in node node-bundled; do
  name=vscpl2drv-websocksrv-$flavour
  apt-get install --yes --no-install-recommends "$(find "$PWD/$folder" -name "${name}_*.deb")"
  test "$(dpkg-query --show --showformat='${db:Status-Status}' "$name")" = installed
  test -e /var/lib/vscp/drivers/level2/libvscpl2drv-websocksrv.so
  vscpl2drv-websocksrv --version
done
if dpkg-query --show --showformat='${db:Status-Status}' vscpl2drv-websocksrv-node | grep --line-regexp installed; then
  echo 'the two packages are installed side by side' >&2
  exit 1
fi
apt-get purge --yes vscpl2drv-websocksrv-node-bundled
test ! -e /usr/lib/vscpl2drv-websocksrv
test "$(cat /etc/vscp/websocksrv.json)" = '{}'
