//! The page: its files are in `lab/console`, compiled in, so that the lab is one program.

use http::{HeaderValue, StatusCode, header};

use crate::listen::{self, Answer};

macro_rules! assets {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../console/", $name)))),*]
    };
}

/// Name and text of every file.
const ASSETS: &[(&str, &str)] = assets![
    "alarm_strip.js",
    "alarms.js",
    "announce.js",
    "api.js",
    "app.js",
    "chart.js",
    "chart_data.js",
    "chart_legend.js",
    "chart_style.js",
    "colour.js",
    "connection.js",
    "dashboards.js",
    "dom.js",
    "errors.js",
    "format.js",
    "graphics.css",
    "header.js",
    "index.html",
    "keys.js",
    "lines.js",
    "map.js",
    "map_layout.js",
    "markdown.js",
    "metrics.js",
    "overview.js",
    "poll.js",
    "request.js",
    "request_table.js",
    "requests.js",
    "router.js",
    "scale.js",
    "span_detail.js",
    "states.js",
    "style.css",
    "theme.css",
    "theme.js",
    "views.css",
    "views.js",
    "waterfall.js",
    "widgets.js",
];

/// What the page may do: load from here, ask here, and nothing else. No page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The file for a path: the page at `/`, everything else below `/assets/`.
pub(super) fn find(path: &str) -> Option<Answer> {
    let wanted = if path == "/" { "index.html" } else { path.strip_prefix("/assets/")? };
    let (name, text) = ASSETS.iter().find(|(name, _)| *name == wanted)?;
    let content_type = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };
    let mut answer = listen::answer(StatusCode::OK, content_type, *text);
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/console");
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let name = entry.file_name().into_string().expect("a plain name");
            if name.ends_with(".js") || name.ends_with(".css") || name.ends_with(".html") || name.ends_with(".svg") {
                assert!(ASSETS.iter().any(|(known, _)| *known == name), "{name} is not in ASSETS");
            }
        }
        assert!(find("/").is_some() && find("/assets/index.html").is_some());
        assert!(find("/assets/../Cargo.toml").is_none() && find("/nowhere").is_none());
    }
}
