// Whether a browser sends this request on behalf of another site's page.
#pragma once

#include <soteria/auth/decision.hpp>

namespace soteria::auth {

// Sec-Fetch-Site where the browser sends it (only towards https and localhost), else Origin against the host that was
// asked for. Clients that are no browsers send neither.
bool is_cross_site(const header_list& headers);

} // namespace soteria::auth
