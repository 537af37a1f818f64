// How a notebook's page looks. Colours are variables, once for a light and once for a dark ground.

enum PageStyle {
    static let text = """
        :root{color-scheme:light dark;--ground:#fff;--ink:#1f2328;--faint:#667079;--line:#e3e6ea;--sheet:#f6f7f9;--accent:#0072b2;--bad:#b3261e;--bad-ground:#fdf1f0;
        --keyword:#8a2a8a;--string:#23713a;--number:#9a5b00;--comment:#707a84;--call:#0b5c9c}
        @media(prefers-color-scheme:dark){:root{--ground:#16181d;--ink:#dfe3e8;--faint:#98a1ab;--line:#2c313a;--sheet:#1d2027;--accent:#56b4e9;--bad:#ff9a90;--bad-ground:#2b1c1c;
        --keyword:#d6a0e0;--string:#8fd0a0;--number:#e8b35c;--comment:#89929c;--call:#7fc4f0}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        main,footer{max-width:64rem;margin:0 auto;padding:0 1.25rem}
        main{padding-top:2.5rem}
        h1,h2,h3,h4{line-height:1.25;text-wrap:balance;overflow-wrap:anywhere}
        h1{font-size:1.9rem;margin:0 0 1.25rem}h2{font-size:1.25rem;margin:2.4rem 0 .7rem}h3{font-size:1.08rem;margin:1.8rem 0 .5rem}
        p,ul,ol,blockquote{margin:.7rem 0;max-width:46rem;overflow-wrap:anywhere}a{color:var(--accent)}hr{border:0;border-top:1px solid var(--line);margin:2rem 0}
        blockquote{margin-left:0;padding-left:1rem;border-left:3px solid var(--line);color:var(--faint)}
        pre,code,.count,.time,dd{font-family:ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.81rem}
        pre{margin:0;line-height:1.5;overflow-x:auto;tab-size:4}
        .text :not(pre)>code{background:var(--sheet);border-radius:4px;padding:.1em .35em}
        .text pre,.raw{background:var(--sheet);border-radius:6px;padding:.8rem 1rem}
        section.code{margin:1rem 0 1.4rem}
        .in{position:relative;background:var(--sheet);border:1px solid var(--line);border-radius:8px}
        .in pre{padding:.75rem 1rem}
        .count,.time{color:var(--faint);font-size:.72rem;user-select:none}
        .count,.time{position:absolute;top:.85rem;white-space:nowrap}
        .count{right:calc(100% + .8rem)}.time{left:calc(100% + .8rem)}
        @media(max-width:78rem){.count{display:none}.time{left:auto;right:.7rem;top:auto;bottom:.3rem}.in pre{padding-bottom:1.7rem}}
        .out{padding:.7rem 1rem 0}.out>*+*{margin-top:.7rem}
        .k{color:var(--keyword)}.s{color:var(--string)}.n{color:var(--number)}.c{color:var(--comment);font-style:italic}.f{color:var(--call)}
        .stderr{color:var(--faint)}
        .error{color:var(--bad);background:var(--bad-ground);border-left:3px solid var(--bad);border-radius:0 6px 6px 0;padding:.7rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere}
        .failed .in{border-color:var(--bad)}
        figure{margin:0;overflow-x:auto}figure svg{display:block;max-width:100%;height:auto}.dark{display:none}
        @media(prefers-color-scheme:dark){.light{display:none}.dark{display:block}}
        .table,.text{overflow-x:auto}.text td,td small{white-space:normal}table{border-collapse:collapse;font-size:.87rem;font-variant-numeric:tabular-nums;margin:.4rem 0}
        td,thead tr:last-child th{white-space:nowrap}th,td{padding:.3rem .75rem;border-bottom:1px solid var(--line)}thead th{border-bottom:1.5px solid var(--faint);font-weight:600}tbody th{font-weight:400}
        footer{margin-top:3.5rem;padding-bottom:3rem;color:var(--faint);font-size:.85rem}
        footer h2{font-size:.85rem;text-transform:uppercase;letter-spacing:.06em;border-top:1px solid var(--line);padding-top:1.2rem}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:0}dd{margin:0;overflow-wrap:anywhere;font-size:.78rem}
        @media print{.in,pre{break-inside:avoid}.in pre{white-space:pre-wrap}}
        """
}
