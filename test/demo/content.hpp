// What the demo's cluster holds: some 40 claims in every state there is.
#pragma once

#include "test/simulator/kubernetes/kubernetes.hpp"
#include "test/simulator/longhorn/longhorn.hpp"

namespace soteria::demo {

void fill(simulator::kubernetes& kubernetes, const simulator::longhorn& longhorn);

} // namespace soteria::demo
