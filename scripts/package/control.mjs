import { REPLACED_PACKAGE } from './flavours.mjs';

const HOMEPAGE = 'https://www.vscp.org';

/**
 * The control file. A package of another name that provides, conflicts with and replaces the C++ driver's is
 * installed in its place, whatever the two version numbers are; likewise for the other flavour, which provides
 * the same.
 */
export function controlFile({ flavour, version, architecture, maintainer }, depends, size) {
  return `Package: ${flavour.packageName}
Source: ${REPLACED_PACKAGE}
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${Math.ceil(size / 1024)}
Depends: ${depends.join(', ')}
Recommends: nodejs (>= 18), openssl, libsqlite3-0
Suggests: fail2ban
Provides: ${REPLACED_PACKAGE}
Conflicts: ${REPLACED_PACKAGE}
Replaces: ${REPLACED_PACKAGE}
Section: net
Priority: optional
Homepage: ${HOMEPAGE}
Description: VSCP level II driver with a websocket server
 Gives web pages and programs access to the events of a VSCP host over the
 websocket protocols ws1 (text) and ws2 (JSON) of the VSCP specification, with
 users, rights, filters and TLS, and serves static web pages.
 .
 The driver is a shared library that the VSCP daemon loads. The command
 ${REPLACED_PACKAGE} makes an installation, checks configurations and shows
 events; it needs a Node.js of its own.
 .
${flavour.about}
`;
}
