// The REST API over the world: /v1.
#pragma once

#include "render.hpp"
#include "test/simulator/http/server.hpp"
#include "world.hpp"

namespace simulator::lh {

class routes {
public:
    explicit routes(world& of) : world_(of) {}

    // Everything at once; never throws refusal.
    response answer(const request& asked);

    static response error_answer(const std::string& self, int status, const std::string& message);
    static response html_answer(const view& seen, const std::string& json);

private:
    struct call {
        const request& asked;
        std::string collection; // volumes
        std::string name;       // pvc-1, "" for the collection itself
        std::string action;
        std::string self;
        view seen;
    };

    response dispatch(const call& made);
    response volumes(const call& made);
    response volume_action(const call& made);
    response engine_snapshot(const call& made);
    response snapshot_action(const call& made);
    response backup_volumes(const call& made);
    response backup_volume_action(const call& made);
    response backup_targets(const call& made);
    response backup_target_action(const call& made);
    response settings(const call& made);
    response schemas(const call& made);
    response list_volumes(const call& made);
    response one_volume(const call& made, volume_detail detail);
    response list_backups(const call& made, const std::vector<const backup*>& listed);
    response backup_volume_answer(const call& made);
    const std::string& serialised(const view& seen, volume& one);

    static response ok(const call& made, std::string body);
    static response ok(const call& made, const boost::json::value& body);

    world& world_;
    std::string base_; // that the serialised volumes were made for
};

} // namespace simulator::lh
