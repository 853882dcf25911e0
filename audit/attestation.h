#pragma once

#include "audit/core.h"

namespace audit {

/// Throws Rejected unless the text is an attestation (`docs/signing.md`, "Which proof belongs to which bundle") that
/// names this pack for this bundle, and, if a key is given (PEM text of a public Ed25519 key), is signed by it.
void CheckAttestation(const std::string& text, const std::string& key_pem, const std::string& bundle_hash,
                      const std::string& pack_hash);

}  // namespace audit
