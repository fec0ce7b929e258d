// One line for every change that somebody asked for, whatever came of it.
#pragma once

#include <soteria/auth/decision.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/web/message.hpp>

#include <string>
#include <string_view>

namespace soteria::web {

// What a request wants to change, as far as it got before it was answered. No URL of a backup is in it: a store's
// address may hold what is nobody else's business.
struct change {
    std::string_view route; // "/v1/restores"; empty: the request changes nothing
    std::string kind;       // Backup, Restore: the record that it makes or cancels
    domain::pvc_ref source;
    domain::pvc_ref target;
    std::string operation; // its id, once there is one
    bool dry_run = false;
    std::string key;       // the name of its Idempotency-Key (a hash); empty: none
    bool replayed = false; // told the answer of an earlier request with that key
};

// Who, from where, what, on which object, and what came of it: accepted (2xx), refused (4xx), failed (5xx). Does
// nothing where nothing was to be changed.
void audit(const change& wanted, const auth::identity& who, const request& asked, const response& answer);
// Cut off without an answer: by the stop of the service.
void audit_cut_off(const change& wanted, const auth::identity& who, const request& asked);

} // namespace soteria::web
