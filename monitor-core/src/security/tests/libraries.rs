//! The table of libraries, and how they are recognised.

use super::good::site;
use crate::security::libraries::table;
use crate::security::observed::Script;
use crate::security::review;

fn found(addresses: &[&str], texts: &[&str]) -> Vec<String> {
    let mut site = site();
    site.body = addresses.iter().map(|address| format!("<script src='{address}'></script>")).collect();
    site.scripts = texts
        .iter()
        .map(|text| Script { url: "https://shop.example/x.js".to_owned(), text: (*text).to_owned() })
        .collect();
    let findings = review(&site, &[]).findings.into_iter().filter(|finding| finding.id.starts_with("library-"));
    findings.map(|finding| format!("{}: {}", finding.id, finding.evidence)).collect()
}

fn holes(address: &str) -> Vec<String> {
    let evidence = found(&[address], &[]).join(" ");
    let of = |word: &str| word.starts_with("CVE-") || word.starts_with("GHSA-");
    evidence.split([' ', ':', '(']).filter(|word| of(word)).map(str::to_owned).collect()
}

#[test]
fn the_table_is_read_and_says_where_it_is_from() {
    let table = table();
    assert!(table.libraries.len() >= 20 && !table.dated.is_empty() && !table.source.is_empty());
    assert!(table.libraries.iter().all(|library| !library.holes.is_empty()));
}

#[test]
fn ranges_begin_and_end_where_their_sources_say() {
    for (without, with) in [
        ("/jquery-3.5.0.js", "/jquery-3.4.1.js"),
        ("/jquery-3.5.0.js", "/jquery-3.5.0-rc.1.js"),
        ("/jquery-ui-1.13.2.js", "/jquery-ui-1.13.1.js"),
        ("/bootstrap-5.0.0.js", "/bootstrap-4.6.2.js"),
        ("/lodash-4.17.21.js", "/lodash-4.17.20.js"),
        ("/moment-2.29.4.js", "/moment-2.29.3.js"),
        ("/handlebars-4.7.7.js", "/handlebars-4.7.6.js"),
        ("/mustache-2.2.1.js", "/mustache-2.2.0.js"),
        ("/underscore-1.12.1.js", "/underscore-1.12.0.js"),
        ("/vue-3.0.0.js", "/vue-2.7.16.js"),
        (
            "/npm/react-dom@16.4.2/umd/react-dom.production.min.js",
            "/npm/react-dom@16.4.1/umd/react-dom.production.min.js",
        ),
        ("/npm/dompurify@3.2.4/dist/purify.min.js", "/npm/dompurify@3.2.3/dist/purify.min.js"),
        ("/npm/axios@1.8.2/dist/axios.min.js", "/npm/axios@1.8.1/dist/axios.min.js"),
        ("/highlight-10.1.2.js", "/highlight-10.1.1.js"),
        ("/highlight-9.18.2.js", "/highlight-9.18.1.js"),
        ("/marked-4.0.10.js", "/marked-4.0.9.js"),
        ("/tinymce-7.2.0.js", "/tinymce-7.1.2.js"),
        ("/4.21.0/full/ckeditor.js", "/4.20.2/full/ckeditor.js"),
        ("/ckeditor5/43.1.1/ckeditor5.umd.js", "/ckeditor5/43.1.0/ckeditor5.umd.js"),
        ("/ember-4.8.1.js", "/ember-4.8.0.js"),
        ("/backbone-0.5.0.js", "/backbone-0.4.9.js"),
        ("/knockout-3.5.0.js", "/knockout-3.4.2.js"),
    ] {
        assert_eq!(found(&[without], &[]), Vec::<String>::new(), "{without}");
        assert_eq!(found(&[with], &[]).len(), 1, "{with}");
    }
    assert!(!found(&["/angular-1.8.3.js"], &[]).is_empty(), "nobody mends it any more");
    assert!(!holes("/jquery-1.2.0.js").contains(&"CVE-2020-7656".to_owned()));
    assert!(holes("/jquery-1.2.1.js").contains(&"CVE-2020-7656".to_owned()));
}

#[test]
fn libraries_are_recognised_by_their_addresses() {
    for address in [
        "/jquery-3.4.1.min.js",
        "/jquery-3.4.1.slim.min.js?v=7",
        "/jquery.3.4.1.js",
        "https://code.jquery.com/jquery-3.4.1.min.js",
        "https://ajax.googleapis.com/ajax/libs/jquery/3.4.1/jquery.min.js",
        "https://cdnjs.cloudflare.com/ajax/libs/jquery/3.4.1/jquery.slim.js",
        "https://cdn.jsdelivr.net/npm/jquery@3.4.1/dist/jquery.min.js",
        "https://unpkg.com/jquery@3.4.1",
    ] {
        assert_eq!(holes(address), ["CVE-2020-11023", "CVE-2020-11022"], "{address}");
    }
    for address in [
        "/jquery.js",
        "/myjquery-1.2.3.js",
        "/jquery-1.2.3.css",
        "/plugin/1.2.0/inc/js/jquery.js",
        "/jquery.cycle-1.2.3.js",
    ] {
        assert_eq!(found(&[address], &[]), Vec::<String>::new(), "{address}");
    }
}

#[test]
fn libraries_are_recognised_by_how_they_name_themselves() {
    let texts: Vec<String> = found(
        &[],
        &[
            "/*! jQuery v1.12.4 | (c) jQuery Foundation */",
            "/*!\n  * Bootstrap v4.1.1 (https://getbootstrap.com/)",
            "/**\n * @license\n * Lodash <https://lodash.com/>\n*/(function(){var T,N=\"4.17.4\",M=200,L=\"Unsupported core-js use.\"",
            "//! moment.js\n//! version : 2.18.1\n",
            "/*\n AngularJS v1.7.8\n",
            "/*!\n * Vue.js v2.6.14\n",
            "/** @license React v16.4.1\n * react-dom.production.min.js",
            "/*! @license DOMPurify 2.0.6 | (c) Cure53",
            "/*!\n\n handlebars v4.5.2\n",
            "// Underscore.js 1.8.3\n",
        ],
    );
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_mention_of_a_library_is_not_the_library() {
    let texts = ["/* needs jQuery v1.7 or later */", "/* for Bootstrap v3 */", "Select2 works with jQuery UI 1.8"];
    assert_eq!(found(&[], &texts), Vec::<String>::new());
}

#[test]
fn a_script_in_the_page_is_searched_too() {
    let mut site = site();
    site.body = "<script>/*! jQuery v3.4.0 */</script>".to_owned();
    assert!(super::ids(&review(&site, &[])).contains(&"library-jquery"));
}
