// @gatepost/imap uses two files of @zone-eu/wildduck (the IMAP parser and compiler), which need none of its
// 40 direct dependencies. Without them the install is one package instead of 523, with no WebAssembly and no scripts.
module.exports = {
  hooks: {
    readPackage(manifest) {
      if (manifest.name === '@zone-eu/wildduck') manifest.dependencies = {}
      return manifest
    },
  },
}
