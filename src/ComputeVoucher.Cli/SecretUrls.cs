using System;
using System.Text;

namespace ComputeVoucher.Cli;

/// <summary>URLs of endpoints hold keys, in the path, the query or before the host. Whatever goes
/// wrong with one, of an error line only scheme and host are printed.</summary>
internal static class SecretUrls
{
    private const string AfterScheme = "://";

    /// <summary>The line with the rest of each URL replaced by "…".</summary>
    public static string Hide(string line)
    {
        StringBuilder shown = new();
        ReadOnlySpan<char> rest = line;
        for (int at = rest.IndexOf(AfterScheme); at >= 0; at = rest.IndexOf(AfterScheme))
        {
            at += AfterScheme.Length;
            shown.Append(rest[..at]);
            rest = rest[at..];
            int end = 0;
            while (end < rest.Length && !IsEnd(rest[end]))
            {
                end++;
            }

            ReadOnlySpan<char> url = rest[..end];
            rest = rest[url.Length..];
            int path = url.IndexOfAny("/?#");
            ReadOnlySpan<char> host = path < 0 ? url : url[..path];
            int user = host.LastIndexOf('@');
            shown.Append(user < 0 ? "" : "…@").Append(host[(user + 1)..]);
            shown.Append(path < 0 ? "" : path == url.Length - 1 ? url[path..] : "/…");
        }

        return shown.Append(rest).ToString();
    }

    private static bool IsEnd(char c) => c <= ' ' || c is '"' or '\'' or '<' or '>';
}
