//! A page that is audited: 4 MB as those of shops are, of which most is pictures.

use axum::Router;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

/// How many pictures there are.
const PICTURES: usize = 10;

/// Bytes of a picture, of the script and of the style sheet.
const PICTURE: usize = 320_000;
const SCRIPT: usize = 600_000;
const STYLE: usize = 120_000;

pub(super) fn router() -> Router {
    Router::new()
        .route("/page", get(async || ([(CONTENT_TYPE, "text/html; charset=utf-8")], html())))
        .route("/page/script.js", get(async || ([(CONTENT_TYPE, "text/javascript")], script())))
        .route("/page/style.css", get(async || ([(CONTENT_TYPE, "text/css")], style())))
        .route("/page/picture/{number}", get(async |number: Path<usize>| picture(number.0)))
}

fn html() -> String {
    let products: String = (0..PICTURES)
        .map(|number| {
            format!(
                "<section><h2>Product {number}</h2><img src=/page/picture/{number} width=300 height=200 alt='Product {number}'>\
                 <p>{}</p></section>",
                "It is what it looks like. ".repeat(40)
            )
        })
        .collect();
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Shop</title>\
         <meta name=viewport content='width=device-width'><meta name=description content='All that there is'>\
         <link rel=stylesheet href=/page/style.css><script src=/page/script.js defer></script></head>\
         <body><main><h1>Shop</h1>{products}</main></body></html>"
    )
}

/// Much to read, and some work.
fn script() -> String {
    let work = "let sum=0;for(let i=0;i<3e6;i++)sum+=Math.sqrt(i);document.title='Shop '+Math.round(sum%10);";
    let rest = "function f(a){return a+1}\n";
    format!("{work}\n{}", rest.repeat((SCRIPT - work.len()) / rest.len()))
}

fn style() -> String {
    let rule = ".never{color:#123456;margin:1px}\n";
    format!("body{{font-family:sans-serif}}{}", rule.repeat(STYLE / rule.len()))
}

fn picture(number: usize) -> impl IntoResponse {
    let shade = number * 16 % 256;
    let filler = "x".repeat(PICTURE);
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 300 200'><rect width='300' height='200' \
         fill='rgb({shade},90,160)'/><!--{filler}--></svg>"
    );
    ([(CONTENT_TYPE, "image/svg+xml")], svg)
}
