// Lease objects (coordination.k8s.io): decoding, and the few calls that slots and leaders need.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/objects.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <map>
#include <string>

namespace soteria::kube {

struct lease {
    object_meta meta;
    std::string holder;               // empty: nobody
    std::string renew_time;           // as it came: compared for change, never with a clock
    std::chrono::seconds duration{0}; // 0: not said
    std::int64_t transitions = 0;
};

result<lease> decode_lease(const boost::json::object& object);

// Failures as those of `client`; create: conflict "already_exists" if there is one of that name.
boost::asio::awaitable<result<lease>> create_lease(client& kubernetes, std::string ns, std::string name,
                                                   std::string holder, std::map<std::string, std::string> annotations,
                                                   call_options options);
boost::asio::awaitable<result<lease>> get_lease(client& kubernetes, std::string ns, std::string name,
                                                call_options options);
// Only the one with this uid: conflict if it is another by now, not_found if there is none.
boost::asio::awaitable<result<void>> delete_lease(client& kubernetes, std::string ns, std::string name, std::string uid,
                                                  call_options options);

} // namespace soteria::kube
