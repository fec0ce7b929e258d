// The members of status.result: how they are stored, how the API shows them, and what they are.
#pragma once

#include <array>
#include <string_view>

namespace soteria::records {

struct result_field {
    std::string_view stored;
    std::string_view shown;
    enum class type { text, number, flag } is = type::text;
};

inline constexpr std::array result_fields{
    result_field{"backup", "backup"},
    result_field{"volume", "volume"},
    result_field{"claimName", "claim_name"},
    result_field{"jobName", "job_name"},
    result_field{"secret", "secret"},
    result_field{"files", "files", result_field::type::number},
    result_field{"bytes", "bytes", result_field::type::number},
    result_field{"bytesAdded", "bytes_added", result_field::type::number},
    result_field{"seconds", "seconds", result_field::type::number},
    result_field{"verified", "verified", result_field::type::flag},
};

} // namespace soteria::records
