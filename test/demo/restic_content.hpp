// What restic backs up in the demo's cluster: claims of the class local-path, and one that Longhorn backs up as well.
#pragma once

#include "test/simulator/kubernetes/kubernetes.hpp"
#include "test/simulator/restic/restic.hpp"

namespace soteria::demo {

inline constexpr const char* repository = "s3:s3.example.com/soteria-demo";

// After fill(): some of its claims are in the repository too.
void fill_restic(simulator::kubernetes& kubernetes, simulator::restic& restic);

} // namespace soteria::demo
