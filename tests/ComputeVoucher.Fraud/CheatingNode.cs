using System;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Fraud;

/// <summary>
/// A node that signs a receipt over a run of which one value is another, deep in the network, and
/// answers from that run as an honest one would from its own.
/// </summary>
internal sealed class CheatingNode(CourtMarket market, PrivateKey node, RecordedRun signed)
{
    /// <summary>What it signed, and answers from.</summary>
    public RecordedRun Run => signed;

    /// <summary>Answers given.</summary>
    public int Answers { get; private set; }

    /// <summary>The nodes or leaves of the last one.</summary>
    public byte[] LastAnswer { get; private set; } = [];

    /// <summary>Told of every answer: what it is, and its transaction.</summary>
    public Func<string, TransactionReceipt, Task> Answered { get; init; } =
        (_, _) => Task.CompletedTask;

    /// <summary>The contract that moves for it (<see cref="CourtMarket.HideAsync"/>); null where
    /// it moves itself.</summary>
    public Address? Hidden { get; init; }

    /// <summary>A run with one element changed and everything behind it left alone; where it is of
    /// the output, the output is another too.</summary>
    public static RecordedRun Forge(RecordedRun own, int tensor, int element)
    {
        byte[] data = [.. own.Trace[tensor].Data];
        data[element % data.Length] ^= 0x15;
        return own.With(
            own.Trace.With(tensor, data),
            tensor == own.Trace.Count - 1 ? data : own.Output[0].Data);
    }

    /// <summary>The last tensor that an operator made.</summary>
    public static int TensorOf(RecordedRun run, string name)
    {
        int tensor = run.Trace.Count - 1;
        while (run.Trace[tensor].Operator != name)
        {
            tensor--;
        }

        return tensor;
    }

    /// <summary>An order of the spender.</summary>
    public async Task<Order> OrderAsync(ChannelTerms terms, ulong seq, OrderFlags flags) => new(
        terms.HashStruct(), seq, signed.Model.ModelRoot,
        signed.Model.CheckInput(signed.Input).InputRoot, 100_000_000,
        await market.NowAsync() + 3_600, flags, default);

    /// <summary>What the node signs for it.</summary>
    public Receipt ReceiptOf(Order order) => new(
        order.HashStruct(), signed.Steps, signed.Output.Root,
        order.Flags.HasFlag(OrderFlags.TraceRootWanted) ? signed.Trace.Root : default, Units);

    /// <summary>What the run costs.</summary>
    public ulong Units => signed.Model.Costs.Run(
        signed.Model is LanguageModel language
            ? (uint)language.Record(signed.Input).Prompt.Length : 0,
        signed.Steps, WantedProofs.None);

    /// <summary>A receipt with its signature, as the contracts take it.</summary>
    public SignedStatement Statement(in Receipt receipt) => SignedStatement.Of(
        receipt, node.Sign(receipt.Digest(market.Domain.VouchersSeparator)));

    /// <summary>Leaves an order and what is known of it as evidence.</summary>
    public async Task KeepAsync(
        ChannelTerms terms, Order order, string folder, Receipt? receipt, bool isCancelled = false)
    {
        Cancel cancel = new(order.HashStruct());
        EvidenceBundle bundle = new()
        {
            Domain = market.Domain,
            Class = market.Class,
            Channel = terms,
            Order = Signed(order, market.Spender),
            Input = signed.Input,
            Cancel = isCancelled ? Signed(cancel, market.Spender) : default,
            Receipt = receipt is { } given ? Signed(given, node) : default,
        };
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(
            Path.Combine(folder, $"{order.HashStruct()}.evidence"), bundle.Encode());
    }

    /// <summary>An order, served.</summary>
    public async Task<(Order Order, Receipt Receipt)> ServeAsync(
        ChannelTerms terms, ulong seq, string folder, OrderFlags flags,
        Func<Receipt, Receipt>? change = null)
    {
        Order order = await OrderAsync(terms, seq, flags);
        Receipt receipt = ReceiptOf(order);
        receipt = change is null ? receipt : change(receipt);
        await KeepAsync(terms, order, folder, receipt);
        return (order, receipt);
    }

    /// <summary>Redeems an order without an ack.</summary>
    public async Task ClaimAsync(ChannelTerms terms, Order order)
    {
        Bytes32 separator = market.Domain.VouchersSeparator;
        Receipt receipt = ReceiptOf(order);
        Delivery delivery = new(
            order, market.Spender.Sign(order.Digest(separator)),
            Statement(receipt),
            signed.Output[0].Data);
        (Ack ack, Signature signature) = market.AckOf(terms);
        await market.SendAsync(market.Provider, market.Claims, ClaimsContract.Claim(
            market.Class, terms, ClaimStart.Of(ack, signature), [delivery]));
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

    private byte[] Signed<T>(in T value, PrivateKey key)
        where T : struct, ISignedStruct<T> => SignedPayload.Encode(
            value, key.Sign(value.Digest(market.Domain.VouchersSeparator)));

    private async Task AnswerAsync(ulong id, Dispute dispute)
    {
        (Matter matter, byte[] request) = await MatterAsync(id);
        if (matter.Node != node.Address)
        {
            return;
        }

        byte[] call;
        if (dispute.State == DisputeState.WantRoot)
        {
            TraceRootStatement root = new(matter.OrderHash, signed.Steps, signed.Trace.Root);
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
            LastAnswer = DescentAnswers.Answer(signed, at);
            call = DisputesContract.Answer(id, matter, LastAnswer);
        }

        Address to = market.Disputes.Address;
        // Operands are taken from the provider alone.
        if (Hidden is { } contract && dispute.State != DisputeState.WantOperands)
        {
            (to, call) = (contract, HidingContract.Call(to, call));
        }

        Answers++;
        await Answered(
            dispute.State switch
            {
                DisputeState.WantRoot => "root",
                DisputeState.WantOperands => "operands",
                _ => "answer",
            },
            await market.SendAsync(market.Provider, to, call));
    }

    /// <summary>What a dispute is about now, and which operands it asks for.</summary>
    public async Task<(Matter Matter, byte[] Request)> MatterAsync(ulong id)
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

        Dispute dispute = await market.Disputes.DisputeAsync(id, BlockTag.Latest, default);
        return dispute.Matter == matter.Hash() ? (matter, request)
            : throw new InvalidOperationException($"dispute {id} is about another matter");
    }
}
