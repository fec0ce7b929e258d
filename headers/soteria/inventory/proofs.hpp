// Which backups have been proved by a restore that was read again and compared.
#pragma once

#include <soteria/async/signal.hpp>
#include <soteria/base/time.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/domain/pvc.hpp>
#include <soteria/kube/store.hpp>
#include <soteria/records/records.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace soteria::inventory {

// The newest one of a PVC.
struct proof {
    instant at{}; // when it ended
    double seconds = 0;
    std::string driver;
    bool operator==(const proof&) const = default;
};

using proof_table = std::map<domain::pvc_ref, proof>;

// What a finished restore proves; nullopt: nothing.
std::optional<proof> proof_of(const domain::operation& restore);

// Follows the records of restores; single-threaded, and the store outlives it. What is proved is known for as long as
// the record is kept.
class proof_book {
public:
    proof_book(boost::asio::any_io_executor executor, kube::store<records::record>& restores);

    [[nodiscard]] const proof_table& newest() const;
    // Only when a proof comes or goes; not by the progress of a restore.
    async::signal& changed();

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace soteria::inventory
