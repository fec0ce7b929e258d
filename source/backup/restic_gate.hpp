// Who may use the repository now. restic locks it exclusively for `forget` and `tag`, and shared for `backup` and
// `restore`; a command that finds it locked fails. So Jobs take turns before they start. Pure.
#pragma once

#include <soteria/base/time.hpp>
#include <soteria/kube/workloads.hpp>
#include <soteria/restic/manifests.hpp>

#include <optional>
#include <string>
#include <vector>

namespace soteria::backup {

// A Job of ours that has not ended (or whose Pods have not).
struct gate_job {
    kube::object_key key;
    restic::role what = restic::role::backup;
    std::string repository; // the value of restic::repository_label
    bool started = false;   // it is not suspended, or its start has been sent
    instant created_at{};
};

// nullopt: it is no Job of ours, or it can no longer use the repository.
std::optional<gate_job> gate_job_of(const kube::job& job);

// Nothing: `candidate` may start. Otherwise a sentence that names the Job it waits for. Several shared ones run side by
// side, an exclusive one alone; while an older exclusive one waits, no younger one starts before it, so that it is not
// put off for ever. Listings take no lock and neither wait nor hold anybody up. An init that waits holds nobody up:
// every backup that needs the repository starts it itself.
std::optional<std::string> must_wait(const std::vector<gate_job>& all, const gate_job& candidate);

} // namespace soteria::backup
