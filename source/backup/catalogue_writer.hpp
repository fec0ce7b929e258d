// Writes the ConfigMaps of a catalogue. Each write is conditional and can be made twice.
#pragma once

#include <soteria/backup/catalogue_maps.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/store.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace soteria::backup {

// Client and store outlive it. What it writes is in the store at once.
class catalogue_writer {
public:
    catalogue_writer(kube::client& kubernetes, kube::store<catalogue_map>& maps, std::string ns, std::string repository)
        : kubernetes_(kubernetes), maps_(maps), ns_(std::move(ns)), repository_(std::move(repository)) {}

    // The parts that are not there yet, then the head (`parts` is filled in), then the removal of what it does not name
    // any more. conflict: another wrote the head meanwhile.
    boost::asio::awaitable<result<void>> write(catalogue_head head, std::vector<restic::snapshot> snapshots);
    // The same snapshots as before: the head alone. not_found: there is no head, or a part of it is gone.
    boost::asio::awaitable<result<void>> confirm(catalogue_head head);
    // Why the last look failed; what was listed before stays. `since` stays too while the code is the same. Writes
    // nothing where code and message are already there.
    boost::asio::awaitable<result<void>> write_trouble(restic::trouble what);

private:
    boost::asio::awaitable<result<void>> write_part(std::string text);
    boost::asio::awaitable<result<void>> write_head(catalogue_head head);
    boost::asio::awaitable<void> remove_parts_but(std::vector<std::string> names);
    result<void> take_over(const result<boost::json::object>& answer);

    kube::client& kubernetes_;
    kube::store<catalogue_map>& maps_;
    std::string ns_;
    std::string repository_;
};

} // namespace soteria::backup
