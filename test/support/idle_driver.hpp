// A driver that does nothing, and does it well: for tests that need some driver, and as a base for those that need one
// that does one thing.
#pragma once

#include <soteria/backup/driver.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <string>

namespace soteria::test {

class idle_driver : public backup::driver {
public:
    explicit idle_driver(boost::asio::any_io_executor executor, std::string name = "longhorn")
        : name_(std::move(name)), changed_(std::move(executor)) {}

    [[nodiscard]] std::string_view name() const override { return name_; }

    [[nodiscard]] std::string record_name(domain::operation_kind, const domain::operation_request&, instant,
                                          std::string_view) const override {
        return "record";
    }

    [[nodiscard]] std::span<const backup::step_definition> steps(domain::operation_kind) const override { return {}; }

    boost::asio::awaitable<result<domain::plan>> plan_backup(domain::operation_request, async::deadline) override {
        co_return domain::plan();
    }

    boost::asio::awaitable<result<domain::plan>> plan_restore(domain::operation_request, async::deadline) override {
        co_return domain::plan();
    }

    boost::asio::awaitable<result<domain::backup_list>> list(domain::pvc_ref, async::deadline) override {
        co_return domain::backup_list();
    }

    boost::asio::awaitable<backup::step_report> perform(std::string_view, const domain::operation&,
                                                        backup::effect_budget) override {
        co_return backup::step_report::done();
    }

    boost::asio::awaitable<backup::step_report> undo(std::string_view, const domain::operation&,
                                                     backup::effect_budget) override {
        co_return backup::step_report::done();
    }

    [[nodiscard]] domain::leftover leftover_of(std::string_view, const domain::operation&) const override { return {}; }

    boost::asio::awaitable<backup::step_report> tidy(const domain::operation&, backup::effect_budget) override {
        co_return backup::step_report::done();
    }

    boost::asio::awaitable<result<std::vector<backup::unused_object>>> unused(async::deadline) override {
        co_return std::vector<backup::unused_object>();
    }

    std::shared_ptr<void> follow(const domain::operation&) override { return nullptr; }

    async::signal& changed() override { return changed_; }

private:
    std::string name_;
    async::signal changed_;
};

} // namespace soteria::test
