using System;
using System.Text;

namespace ComputeVoucher.Cli;

/// <summary>Text that comes in pieces, to standard output. Unlike the console's own writer it tells
/// when nobody reads on, so that a stream that costs can end; a terminal gets no control
/// characters, a pipe or a file exactly the bytes.</summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;

    public static bool IsTerminal { get; } = !Console.IsOutputRedirected;

    /// <summary>False: it takes no more (the reader has gone, the disk is full).</summary>
    public static bool TryWrite(string text)
    {
        Console.Out.Flush();
        return Libc.TryWrite(
            Descriptor, Encoding.UTF8.GetBytes(IsTerminal ? SafeText.Escape(text) : text));
    }
}
