using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>PROTOCOL.md cites clauses and frames of the envelope that there are.</summary>
public sealed partial class ProtocolPageTests
{
    [Fact]
    public void CitedClauses_AreInTheEnvelope()
    {
        string envelope = File.ReadAllText(Path.Combine(
            SharedData.RepositoryRoot, "src", "ComputeVoucher.Wire", "README.md"));
        string[] cited =
        [
            .. ProtocolPage.Lines.SelectMany(line => Cited().Matches(line))
                .SelectMany(match => Clause().Matches(match.Value))
                .Select(match => match.Value),
        ];
        Assert.True(cited.Length >= 10, $"only {cited.Length} citations were found");
        Assert.All(cited, clause => Assert.Contains(
            $"\n**{clause}** ", envelope, StringComparison.Ordinal));
    }

    [Fact]
    public void Payloads_AreThoseOfFrames() => Assert.All(
        ProtocolPage.Rows("| frame | payload | bytes | answered by |"),
        row => Assert.True(Enum.TryParse(row[0], out FrameKind _), row[0]));

    /// <summary>The node takes what a frame has room for, whatever the policy says.</summary>
    [Fact]
    public void InputBytesMax_IsWhatAFrameHolds() => Assert.Equal(
        $"{WireProtocol.InputBytesMax}",
        ProtocolPage.Rows("| limit | value | unit | set by |")
            .Single(row => row[0] == "InputBytesMax")[1]);

    /// <summary>"E 2.5", "E 3.6 to 3.8".</summary>
    [GeneratedRegex(@"\bE \d\.\d+( to \d\.\d+)?")]
    private static partial Regex Cited();

    [GeneratedRegex(@"\d\.\d+")]
    private static partial Regex Clause();
}
