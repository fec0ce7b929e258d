// One event as text, formatted once for all who read it, and what they need to know to pick it.
#pragma once

#include <soteria/events/position.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace soteria::events {

enum class topic : std::uint8_t {
    operation, // the state of a backup or restore
    inventory, // the row of a PVC
    reset,     // for everybody: look at everything again
    restart,   // the same, and ids from before mean nothing any more
};

struct claim {
    std::string ns;
    std::string name;
    bool operator==(const claim&) const = default;
};

// What a frame is about. For an inventory row `source` is the PVC, and the rest is empty.
struct subject {
    topic what = topic::operation;
    record_kind kind = record_kind::backup;
    std::string record_namespace;
    std::string operation; // its id
    claim source;
    claim target; // of restores
    bool deleted = false;
};

// What a stream was asked for; empty members let everything through.
struct filter {
    std::string ns;        // the record's, the source's or the target's namespace
    std::string pvc;       // the source's or the target's name
    std::string operation; // its id: nothing but this operation
};

// Resets concern everybody.
bool matches(const filter& wanted, const subject& about);

struct frame {
    std::uint64_t sequence = 0; // grows by one from frame to frame
    // A whole block of the stream: an id line (not for inventory), "event: ", "data: ", an empty line.
    std::string text;
    std::size_t id_bytes = 0; // the length of the id line with its end, at the start of `text`
    subject about;
    // What a client has seen that has read everything up to this one: its id. It never goes back from frame to frame.
    position after;
    // The latest versions that were shown so far; for a record's kind that of the change itself. Beyond `after` where
    // several changes have the same version, and this is not the last of them.
    position reach;

    [[nodiscard]] std::size_t bytes() const;
};

using shared_frame = std::shared_ptr<const frame>;
using shared_text = std::shared_ptr<const std::string>;

// "id: 1.<backups>.<restores>\n"
std::string id_line(const position& at);
// `event: reset` with the position that is valid from now on. `reason`: a sentence.
std::string reset_block(const position& now, std::string_view reason);

} // namespace soteria::events
