using System;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What a text that somebody else chose does to the terminal on which it is shown.
/// </summary>
[Trait("Category", "load")]
public sealed class TerminalTests
{
    /// <summary>Writes the clipboard (OSC 52), and turns the line around.</summary>
    private const string Hostile = "Hi\u001b]52;c;aGk=\u0007\u202e";

    /// <summary>script(1) of util-linux gives the command a terminal; a dumb one, to which nobody
    /// else sends anything either.</summary>
    private const string OnATerminal = """
        export TERM=dumb SHELL=/bin/sh A="$1" B="$2" C="$3"
        exec script -qec 'exec "$A" generate --model "$B" --prompt "$C" --tokens 3' /dev/null
        """;

    private const string IntoAPipe =
        "exec \"$1\" generate --model \"$2\" --prompt \"$3\" --tokens 3 2>/dev/null";

    [BinaryFact]
    public async Task Text_OnATerminal_IsShownAndNotObeyed()
    {
        string shown = await ShellAsync(OnATerminal);
        Assert.Contains(@"Hi\x1b]52;c;aGk=\x07\u202e", shown, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", shown);
    }

    [BinaryFact]
    public async Task Text_IntoAPipe_IsWhole() => Assert.StartsWith(
        Hostile, await ShellAsync(IntoAPipe), StringComparison.Ordinal);

    private static async Task<string> ShellAsync(string script)
    {
        (int status, string output) = await ServingProcess.ShellAsync(
            script, NodeRig.Binary!, NodeRig.ShippedTales, Hostile);
        Assert.True(status == 0, output);
        return output;
    }
}
