using System;
using System.IO;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What a member of a committee signs about an answer that stops early: its node did run
/// the steps that it names, and only a Cancel of the holder makes them enough.</summary>
public sealed class VouchTests : IDisposable
{
    private const uint TokensMax = 6;

    private static readonly PrivateKey s_spend =
        PrivateKey.FromBytes(Keccak256.Hash("spend"u8).Span);

    private static readonly PrivateKey s_node =
        PrivateKey.FromBytes(Keccak256.Hash("node"u8).Span);

    private static readonly VoucherDomain s_domain = new(1, default, default);

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [SharedDataFact("llama")]
    public void WholeAnswer_IsRight_WithAndWithoutACancel()
    {
        Vouch(TokensMax, isCancelled: false);
        Vouch(TokensMax, isCancelled: true);
    }

    [SharedDataTheory("llama")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(TokensMax - 1)]
    public void AnswerThatStopsEarly_IsRightOnlyAfterACancel(uint steps)
    {
        string refused = Assert.Throws<CommandException>(
            () => Vouch(steps, isCancelled: false)).Message;
        Assert.Contains("nothing is signed", refused, StringComparison.Ordinal);
        Assert.Contains(Refusals.Describe(RefusalReason.ReceiptStepsWrong), refused,
            StringComparison.Ordinal);
        Vouch(steps, isCancelled: true);
    }

    /// <summary>More steps than the model takes.</summary>
    [SharedDataFact("llama")]
    public void StepsThatWereNotRun_AreRefused() => Assert.Contains(
        Refusals.Describe(RefusalReason.ReceiptStepsWrong),
        Assert.Throws<CommandException>(
            () => Vouch(TokensMax, isCancelled: true, added: 1)).Message,
        StringComparison.Ordinal);

    /// <param name="steps">After which the node stopped.</param>
    /// <param name="isCancelled">The holder ended the order.</param>
    /// <param name="added">Steps that the node says beyond those.</param>
    private void Vouch(uint steps, bool isCancelled, uint added = 0)
    {
        using LanguageModel model =
            LanguageModel.Open(SharedData.PathOf("llama", "stories260K.gguf"));
        byte[] input = new InputRecord(
            [1, 403, 407], (int)TokensMax, [2], SamplingOptions.Greedy).Encode();
        InputInfo info = model.CheckInput(input);
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        RunResult result = steps == 0 ? RunResult.Nothing(info.InputRoot)
            : session.Run(input, new RunOptions { StepsMax = steps });
        Assert.Equal(steps, result.Steps);
        ChannelTerms channel = new(default, s_node.Address, s_spend.Address,
            default(VoucherClass).HashStruct(), default);
        Order order = new(channel.HashStruct(), 3, model.ModelRoot, info.InputRoot,
            info.UnitsMax, 1_900_000_000, OrderFlags.None, default);
        Receipt receipt = new(order.HashStruct(), result.Steps + added, result.OutputRoot,
            default, result.Units);
        Cancel cancel = new(order.HashStruct());
        Bytes32 domain = s_domain.VouchersSeparator;
        File.WriteAllBytes(_file, new EvidenceBundle
        {
            Domain = s_domain,
            Class = default,
            Channel = channel,
            Order = SignedPayload.Encode(order, s_spend.Sign(order.Digest(domain))),
            Input = input,
            Receipt = SignedPayload.Encode(receipt, s_node.Sign(receipt.Digest(domain))),
            Cancel = isCancelled
                ? SignedPayload.Encode(cancel, s_spend.Sign(cancel.Digest(domain)))
                : default(ReadOnlyMemory<byte>),
        }.Encode());
        EvidencedOrder.Load(_file, s_domain).RunAgain(model);
    }
}
