// What restic writes (with --json, of 0.14 as of 0.16 and later), read as it comes. Pure; memory is bounded.
#pragma once

#include <soteria/domain/operation.hpp>
#include <soteria/restic/snapshot.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::restic {

// The last line of a good (or incomplete) backup.
struct backup_summary {
    std::string snapshot_id; // 64 digits; of restic 0.14 the first 8; empty: none was made (a dry run)
    std::int64_t files_new = 0;
    std::int64_t files_changed = 0;
    std::int64_t files_unmodified = 0;
    std::int64_t bytes_added = 0;     // to the repository
    std::int64_t bytes_processed = 0; // read: the size of the data
    std::int64_t files_processed = 0;
    double seconds = 0;
};

// restic >= 0.16 says it at the end of a restore.
struct restore_summary {
    std::int64_t files_restored = 0;
    std::int64_t files_total = 0;
    std::int64_t bytes_restored = 0;
    std::int64_t bytes_total = 0;
};

// What one container said in all.
struct output {
    std::optional<domain::progress> progress; // the last status line
    std::optional<std::int64_t> files_done;
    std::optional<std::int64_t> files_total;
    std::optional<backup_summary> backup;
    std::optional<restore_summary> restore;
    // Files that could not be read or written, in order, at most `most_named`; `unreadable_count` counts all.
    static constexpr std::size_t most_named = 100;
    std::vector<std::string> unreadable; // paths as restic names them ("/data/secret")
    std::vector<std::string> unreadable_why;
    std::int64_t unreadable_count = 0;
    // Other lines: what restic says in words ("Fatal: wrong password or no key found"), the last ones, at most 20 lines
    // of 500 bytes.
    std::vector<std::string> words;
    std::vector<std::string> ids; // of `list snapshots`
    bool list = false;            // of `snapshots --json`: one has begun and ended
};

// Line by line; a line that is cut off at the end counts when finish() is called. A line longer than 1 MiB is skipped
// (and counted as words: "a line of N bytes was left out").
class output_reader {
public:
    // Each snapshot of `snapshots --json`, whose one long line is parsed as it comes.
    using snapshot_taker = std::function<void(snapshot)>;
    explicit output_reader(snapshot_taker take = {});
    ~output_reader();
    output_reader(output_reader&&) noexcept;
    output_reader& operator=(output_reader&&) noexcept;

    void feed(std::string_view piece);
    // No more comes. bad_answer: a snapshot list that does not end (the log was cut).
    result<output> finish();
    // As of now, for progress.
    [[nodiscard]] const output& so_far() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace soteria::restic
