// One reader's place in the ring: what it reads next, and with which id.
#pragma once

#include <soteria/events/hub.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace soteria::events {

// The ids that one client gets never go back, in neither kind, whatever it was told on another replica whose two kinds
// came in another order; and what it has seen there is not shown again. Small, as there are thousands. Refers to the
// hub. Authorization and filters are the caller's: it passes over the frames that it does not send.
class cursor {
public:
    // From now on: what is published next. hub::begun() is true.
    explicit cursor(const hub& from);
    // Everything after `seen`, which hub::can_resume() has called possible. Inventory rows from before now are passed
    // over: the client reads the inventory with the stream open.
    cursor(const hub& from, position seen);

    // The next frame that this client has not seen; null: none now, or lost().
    shared_frame next();
    // Its next frame has left the ring, or what it has seen elsewhere is not all known here: cut it off, it comes back
    // and is told to look at everything again.
    [[nodiscard]] bool lost() const;

    // Nothing is left to read now.
    [[nodiscard]] bool at_end() const { return next_ == hub_->end(); }

    // The block to send for a frame that next() gave last: nearly always the one that all share.
    [[nodiscard]] shared_text text(const shared_frame& one) const;
    // The block for a quiet moment, at_end() only. Call it once a heartbeat, as it counts.
    // Null: the client is ahead of us for longer than a replica lags behind another: its id comes from another history
    // (the cluster's database was restored). Answer with reset().
    shared_text heartbeat();
    // `event: reset` with the present position; from here on like a new reader.
    shared_text reset(std::string_view reason);
    // The id line for the start of the stream.
    [[nodiscard]] std::string id() const;

    // How many heartbeats a client may be ahead of us: replicas hear of each other's changes at once, but of versions
    // without changes by bookmarks, about once a minute. At 15 s a heartbeat: two minutes.
    static constexpr int patience = 8;

private:
    struct catching_up {
        position seen;
        std::uint64_t live_from = 0;
        int beats_ahead = 0;
    };

    [[nodiscard]] bool known(const frame& one) const;
    void look_whether_caught_up(const position& now);

    const hub* hub_;
    std::uint64_t next_;
    // Where the client came from; null once the frames' own ids are beyond that.
    std::unique_ptr<catching_up> catching_up_;
};

} // namespace soteria::events
