// What came of a Job, judged by everything that is known of it and never by its word alone. Pure.
#pragma once

#include <soteria/restic/manifests.hpp>
#include <soteria/restic/output.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::restic {

// How a container stands; a reduced copy of kube::container_status, as this module knows no Kubernetes.
struct command_state {
    std::string name;
    enum class state { waiting, running, ended } now = state::waiting;
    std::string reason; // "ImagePullBackOff", "OOMKilled", ...
    std::string message;
    int exit_code = 0;
    std::optional<output> said; // of a container that has ended (or, for progress, runs)
};

// Job, Pod and events together.
struct evidence {
    role what = role::backup;
    std::string subject;    // for sentences: "the backup of ai/llm-cache"
    std::string pod_name;   // empty: there is no Pod yet
    std::string pod_phase;  // Pending, Running, Succeeded, Failed; empty
    std::string pod_reason; // "Evicted"
    std::string pod_message;
    std::string unschedulable;         // the scheduler's sentence
    std::vector<std::string> warnings; // events of the Pod and of the Job, "FailedMount: ...", newest last
    std::vector<command_state> commands;
    bool job_failed = false;
    bool job_complete = false;
    std::string job_reason; // "DeadlineExceeded"
    std::string job_message;
    std::string image;
    std::string log_unreadable; // of a backup or restore that runs: why its last words could not be read
};

struct verdict {
    enum class kind {
        waiting,    // not started, or still running; `message` says why or how far
        complete,   //
        incomplete, // a snapshot is there, and files are missing in it
        failed,
    };
    kind what = kind::waiting;
    // failed: wrong_password, repository_missing, repository_locked, repository_unreachable, repository_refused,
    // out_of_memory, deadline_exceeded, image_unavailable, unschedulable, evicted, volume_not_mounted,
    // refused_by_cluster, no_space, pod_lost, restic_failed. pod_lost: what came of it is not known from here (the Pod
    // or its log is gone); a backup may be in the repository all the same, look for its tag. waiting: empty, or the
    // code of what it would fail with if it stays so (image_unavailable, unschedulable, volume_not_mounted,
    // refused_by_cluster; repository_unreachable while restic tries again; log_unreadable: how far it is cannot be
    // seen).
    std::string code;
    // failed, pod_lost: restic did not end well, so that files may be missing in whatever snapshot it made.
    bool may_lack_files = false;
    std::string message;  // a sentence: what happened, to which object, what to do
    bool running = false; // waiting: a command of it runs
    std::optional<domain::progress> progress;
    std::optional<backup_summary> backup;
    std::optional<restore_summary> restore;
    std::optional<std::int64_t> files_done; // of what runs, beside `progress`
    std::optional<std::int64_t> files_total;
    std::vector<std::string> unreadable; // named
    std::int64_t unreadable_count = 0;
    // Complete, of a listing: what `list snapshots` wrote; how many commands wrote a list of `snapshots --json`; and
    // whether there was anything else.
    std::vector<std::string> ids;
    std::size_t lists = 0;
    bool other_words = false;
};

verdict judge(const evidence& all);

// What restic's own words mean: the code, and the end of a sentence (judge() puts the subject before it; no period);
// nullopt: none of the known ones. Shared by judge() and by the catalogue's listing. A lock's holder is named as restic
// names it.
struct meaning {
    std::string code;
    std::string message;
};

std::optional<meaning> meaning_of(const std::vector<std::string>& words, int exit_code);

} // namespace soteria::restic
