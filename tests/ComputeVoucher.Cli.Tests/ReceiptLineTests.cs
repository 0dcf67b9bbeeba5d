using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli.Tests;

/// <summary>Lines of a receipts file: whatever is changed in one is found, without the model.
/// </summary>
public sealed class ReceiptLineTests : IDisposable
{
    private static readonly PrivateKey s_spend =
        PrivateKey.FromBytes(Keccak256.Hash("spend"u8).Span);

    private static readonly PrivateKey s_node =
        PrivateKey.FromBytes(Keccak256.Hash("node"u8).Span);

    private static readonly Bytes32 s_separator = new VoucherDomain(1, default, default)
        .VouchersSeparator;

    private static readonly ChannelTerms s_channel =
        new(default, s_node.Address, s_spend.Address, default, default);

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    public static TheoryData<bool> Kinds => [true, false];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ALineAsItWasWritten_IsValidAndNotExecuted(bool isLanguage)
    {
        Check(Line(isLanguage));
        string report = Verified(Line(isLanguage)).Report().ToText();
        Assert.Contains("signatures valid, not executed again", report, StringComparison.Ordinal);
    }

    /// <summary>Each digit and letter of every field in turn, and each field taken over from a line
    /// of another order.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryCharacterOfEveryField_Changed_IsFound(bool isLanguage)
    {
        JsonObject line = JsonNode.Parse(Line(isLanguage))!.AsObject();
        int changed = 0;
        foreach ((string field, JsonNode? value) in line.ToList())
        {
            string text = value!.ToJsonString();
            for (int i = 0; i < text.Length; i++)
            {
                char other = text[i] is '0' ? '1' : '0';
                if (!char.IsAsciiLetterOrDigit(text[i]))
                {
                    continue;
                }

                string raw = text[..i] + other + text[(i + 1)..];
                string wrong = Line(isLanguage).Replace(
                    $"\"{field}\":{text}", $"\"{field}\":{raw}", StringComparison.Ordinal);
                Assert.NotEqual(Line(isLanguage), wrong);
                Assert.Throws<CommandException>(() => Check(wrong));
                changed++;
            }
        }

        Assert.True(changed > 1000);
    }

    [Fact]
    public void AFieldThatNothingSigned_IsFound()
    {
        string line = Line(isLanguage: true);
        Assert.Throws<CommandException>(() => Check(line[..^1] + ",\"paid\":\"yes\"}"));
        Assert.Throws<CommandException>(() => Check(line[..^1] + ",\"units\":\"1\"}"));
        Check(line[..^1] + ",\"index\":7}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryReadableField_IsThere(bool isLanguage)
    {
        IEnumerable<string> fields =
            JsonNode.Parse(Line(isLanguage))!.AsObject().Select(field => field.Key);
        string[] wanted =
        [
            "channel", "seq", "orderHash", "modelRoot", "inputRoot", "order", "receipt", "units",
            "steps", "outputRoot", "traceRoot", "output", "outputs",
        ];
        Assert.Equal(isLanguage ? [.. wanted, "input"] : wanted, fields);
    }

    /// <summary>A result of zero steps: its one form, and each way to have it otherwise.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void ZeroSteps_HaveOneFormAndAreCounted(bool isLanguage)
    {
        Receipt right = new(default, 0, ReceiptCheck.NothingRoot, default, 0);
        string report = Verified(Nothing(isLanguage, right)).Report().ToText();
        Assert.Matches("onlyWithCancel +1", report);
        Receipt[] wrong =
        [
            right with { Units = 1 },
            right with { TraceRoot = ReceiptCheck.NothingRoot },
            right with { OutputRoot = ReceiptLine.OutputRoot(["int32 [0]"], []) },
            right with { OutputRoot = default },
        ];
        foreach (Receipt receipt in wrong)
        {
            Assert.Throws<CommandException>(() => Check(Nothing(isLanguage, receipt)));
        }
    }

    /// <summary>Executed again, a receipt of zero steps is not taken for a whole run.</summary>
    [Fact]
    public void ZeroStepsOfAGraph_ExecutedAgain_IsTheSameForm()
    {
        string path = Path.Combine(
            TestKit.SharedData.RepositoryRoot, "models", "glyphs", "glyphs.tflite");
        using IModel model = ModelFile.Open(path);
        byte[] input = new byte[model.InputBytesMax];
        Order order = new(s_channel.HashStruct(), 7, model.ModelRoot,
            model.CheckInput(input).InputRoot, 9_000_000, 1_900_000_000,
            OrderFlags.TraceRootWanted, default);
        Receipt right = new(order.HashStruct(), 0, ReceiptCheck.NothingRoot, default, 0);
        File.WriteAllText(_file, Composed(order, right, null) + "\n");
        using ReceiptVerifier verifier = new(
            s_channel, s_separator, model, InputFile.Of([input]));
        verifier.CheckFile(_file);
        string report = verifier.Report().ToText();
        Assert.Matches("executedAgain +1", report);
        Assert.Matches("onlyWithCancel +1", report);
    }

    private static string Nothing(bool isLanguage, Receipt receipt)
    {
        byte[] input = new InputRecord([1, 2, 3], 5, [2], SamplingOptions.Greedy).Encode();
        Order order = new(s_channel.HashStruct(), 7, Keccak256.Hash("model"u8),
            InputRecord.Root(input), 9_000, 1_900_000_000, OrderFlags.TraceRootWanted, default);
        return Composed(order, receipt with { OrderHash = order.HashStruct() },
            isLanguage ? input : null);
    }

    private static string Composed(in Order order, in Receipt receipt, byte[]? input) =>
        ReceiptLine.Compose(new ReceiptLine.Parts(
            SignedPayload.Encode(order, s_spend.Sign(order.Digest(s_separator))),
            SignedPayload.Encode(receipt, s_node.Sign(receipt.Digest(s_separator))),
            [], [], input));

    private void Check(string line) => Verified(line).Dispose();

    private ReceiptVerifier Verified(string line)
    {
        File.WriteAllText(_file, line + "\n");
        ReceiptVerifier verifier = new(s_channel, s_separator, null, null);
        verifier.CheckFile(_file);
        return verifier;
    }

    /// <summary>A language order with its input record, or a graph's with two outputs.</summary>
    private static string Line(bool isLanguage)
    {
        byte[] input = new InputRecord([1, 2, 3], 5, [2], SamplingOptions.Greedy).Encode();
        byte[] output = isLanguage ? [7, 0, 0, 0, 8, 0, 0, 0] : [1, 2, 3, 4, 5, 6];
        string[] shapes = isLanguage ? ["int32 [2]"] : ["int8 [1, 2]", "uint8 [4]"];
        Order order = new(s_channel.HashStruct(), 7, Keccak256.Hash("model"u8),
            InputRecord.Root(input), 9_000, 1_900_000_000, OrderFlags.None, default);
        Receipt receipt = new(order.HashStruct(), 2, ReceiptLine.OutputRoot(shapes, output),
            default, 8_000);
        return ReceiptLine.Compose(new ReceiptLine.Parts(
            SignedPayload.Encode(order, s_spend.Sign(order.Digest(s_separator))),
            SignedPayload.Encode(receipt, s_node.Sign(receipt.Digest(s_separator))),
            output, shapes, isLanguage ? input : null));
    }
}
