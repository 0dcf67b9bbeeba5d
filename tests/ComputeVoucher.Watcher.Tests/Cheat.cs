using System;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Watcher.Tests;

/// <summary>
/// A node that signs a receipt over a run of which one value is another, deep in the network, and
/// answers from that run as an honest one would from its own.
/// </summary>
internal sealed class Cheat(CourtMarket market, PrivateKey node, RecordedRun signed)
{

    /// <summary>Answers given.</summary>
    public int Answers { get; private set; }

    /// <summary>A run with one element changed and everything behind it left alone.</summary>
    public static RecordedRun Forge(RecordedRun own, int tensor, int element)
    {
        byte[] data = [.. own.Trace[tensor].Data];
        data[element] ^= 0x15;
        return own.With(own.Trace.With(tensor, data), own.Output[0].Data);
    }

    /// <summary>Signs an order of the spender and its receipt, and leaves them as evidence.
    /// </summary>
    public async Task<Order> ServeAsync(
        ChannelTerms terms, ulong seq, string folder, OrderFlags flags,
        Func<Receipt, Receipt>? change = null)
    {
        IModel model = signed.Model;
        Order order = new(
            terms.HashStruct(), seq, model.ModelRoot, model.CheckInput(signed.Input).InputRoot,
            100_000_000, await market.NowAsync() + 3_600, flags, default);
        Receipt receipt = new(
            order.HashStruct(), 1, signed.Output.Root,
            flags.HasFlag(OrderFlags.TraceRootWanted) ? signed.Trace.Root : default,
            model.Costs.Run(0, 1, WantedProofs.None));
        receipt = change is null ? receipt : change(receipt);
        Bytes32 separator = market.Domain.VouchersSeparator;
        EvidenceBundle bundle = new()
        {
            Domain = market.Domain,
            Class = market.Class,
            Channel = terms,
            Order = SignedPayload.Encode(order, market.Spender.Sign(order.Digest(separator))),
            Input = signed.Input,
            Receipt = SignedPayload.Encode(receipt, node.Sign(receipt.Digest(separator))),
        };
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(
            Path.Combine(folder, $"{order.HashStruct()}.evidence"), bundle.Encode());
        return order;
    }

    /// <summary>Makes the provider's move wherever it is its turn.</summary>
    public async Task MoveAsync()
    {
        ulong count = await market.Disputes.CountAsync(BlockTag.Latest, default);
        for (ulong id = 1; id <= count; id++)
        {
            Dispute dispute = await market.Disputes.DisputeAsync(id, BlockTag.Latest, default);
            if (dispute.State is DisputeState.WantNodes or DisputeState.WantRoot
                or DisputeState.WantOperands)
            {
                await AnswerAsync(id, dispute);
            }
        }
    }

    private async Task AnswerAsync(ulong id, Dispute dispute)
    {
        (Matter matter, byte[] request) = await MatterAsync(id, dispute);
        if (matter.Node != node.Address)
        {
            return;
        }

        byte[] call;
        if (dispute.State == DisputeState.WantRoot)
        {
            TraceRootStatement root = new(matter.OrderHash, 1, signed.Trace.Root);
            Signature signature = node.Sign(root.Digest(market.Domain.VouchersSeparator));
            call = DisputesContract.AnswerRoot(id, matter, SignedStatement.Of(root, signature));
        }
        else if (dispute.State == DisputeState.WantOperands)
        {
            OperandsAnswer answer = DescentAnswers.Operands(
                signed, OperandsRequest.Decode(request)!.Value);
            call = DisputesContract.AnswerOperands(
                id, matter, request, answer.Values, answer.Proof);
        }
        else
        {
            DescentPosition at = new(
                (RunTree)matter.Purpose, dispute.Commit, (DescentWraps)dispute.Wraps,
                dispute.Level, (int)dispute.Index, (int)dispute.Position, (long)dispute.Size);
            call = DisputesContract.Answer(id, matter, DescentAnswers.Answer(signed, at));
        }

        await market.SendAsync(market.Provider, market.Disputes.Address, call);
        Answers++;
    }

    private async Task<(Matter Matter, byte[] Request)> MatterAsync(ulong id, Dispute dispute)
    {
        ulong head = await market.Rpc.BlockNumberAsync(default);
        Matter matter = default;
        byte[] request = [];
        foreach (LogEntry log in await LogScan.ReadAsync(
            market.Rpc, new LogFilter(market.Disputes.Address, 0, head, []), default))
        {
            if (!DisputeEvent.TryRead(log, out DisputeEvent happened) || happened.Id != id)
            {
                continue;
            }

            matter = happened.Kind switch
            {
                DisputeEventKind.Opened => happened.Matter,
                DisputeEventKind.RootStated => matter.WithTraceRoot(happened.TraceRoot),
                _ => matter,
            };
            request = happened.Kind == DisputeEventKind.OperandsWanted
                ? happened.Request : request;
        }

        Assert.Equal(dispute.Matter, matter.Hash());
        return (matter, request);
    }
}
