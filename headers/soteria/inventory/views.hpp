// The drivers' views of their stores, as a report needs them together.
#pragma once

#include <soteria/inventory/longhorn_view.hpp>
#include <soteria/inventory/proofs.hpp>
#include <soteria/inventory/restic_view.hpp>

#include <string>
#include <utility>

namespace soteria::inventory {

// Null: that driver is not configured. What is pointed to outlives every report that is being made.
struct views {
    const longhorn_view* longhorn = nullptr;
    const restic_view* restic = nullptr;
    const proof_table* proofs = nullptr;
    std::string default_driver = "longhorn";

    views() = default;

    // Longhorn alone.
    views(const longhorn_view& only) : longhorn(&only) {} // NOLINT(google-explicit-constructor): it is one of them
};

} // namespace soteria::inventory
