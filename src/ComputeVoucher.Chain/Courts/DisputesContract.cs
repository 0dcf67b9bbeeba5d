using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>Disputes.sol: data of the moves (static), and reads at a block.</summary>
/// <remarks>Every move repeats the <see cref="Matter"/> of the Opened <see
/// cref="DisputeEvent"/>, with the trace root that was signed since.</remarks>
public sealed class DisputesContract
{
    private readonly JsonRpcClient _rpc;
    private readonly ContractReader _reader;

    public DisputesContract(JsonRpcClient rpc, Address address)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        (_rpc, Address) = (rpc, address);
        Fees = new FeesContract(rpc, address);
        _reader = new ContractReader(rpc, address);
    }

    public Address Address { get; }

    /// <summary>Ether that pays for answers.</summary>
    public FeesContract Fees { get; }

    /// <summary>Gas that an answer is prepaid for: Docket.sol.</summary>
    public static ulong AnswerGas => 150_000;

    /// <summary>Gas that an answer with operands is prepaid for.</summary>
    public static ulong OperandsGas => 180_000;

    // The provider's moves.

    public static byte[] AnswerRoot(
        ulong id, in Matter matter, in SignedStatement statement) => Move(id, matter)
            .Write(statement)
            .ToCall(DisputesAbi.AnswerRoot.Selector);

    /// <param name="cancel">The spend key's signature of the Cancel.</param>
    public static byte[] AnswerCancel(ulong id, in Matter matter, in Signature cancel) =>
        Move(id, matter).Write(cancel).ToCall(DisputesAbi.AnswerCancel.Selector);

    /// <param name="nodes">32 bytes for each node that exists up to three levels below, or whole
    /// leaves of 128 bytes.</param>
    public static byte[] Answer(ulong id, in Matter matter, ReadOnlySpan<byte> nodes) =>
        Move(id, matter).WriteBytes(nodes).ToCall(DisputesAbi.Answer.Selector);

    public static byte[] AnswerOperands(
        ulong id,
        in Matter matter,
        ReadOnlySpan<byte> request,
        ReadOnlySpan<byte> values,
        ReadOnlySpan<byte> proof) => Move(id, matter)
            .WriteBytes(request)
            .WriteBytes(values)
            .WriteBytes(proof)
            .ToCall(DisputesAbi.AnswerOperands.Selector);

    /// <summary>Before the first answer, once: the provider has lost the input.</summary>
    public static byte[] WantInput(ulong id, in Matter matter) =>
        Move(id, matter).ToCall(DisputesAbi.WantInput.Selector);

    // The opener's moves.

    public static byte[] ShowInput(ulong id, in Matter matter, ReadOnlySpan<byte> input) =>
        Move(id, matter).WriteBytes(input).ToCall(DisputesAbi.ShowInput.Selector);

    /// <summary>Picks a node of the last answer; prepays the next one.</summary>
    /// <param name="child">Its place among those that could stand there.</param>
    /// <param name="siblings">Three for each level up to the node that was opened.</param>
    public static byte[] Pick(
        ulong id,
        in Matter matter,
        uint child,
        in Bytes32 hash,
        ReadOnlySpan<Bytes32> siblings) => Move(id, matter)
            .Write((ulong)child)
            .Write(hash)
            .WriteHashes(siblings)
            .ToCall(DisputesAbi.Pick.Selector);

    /// <summary>Asks for the operand values of an element; prepays the answer.</summary>
    /// <param name="request">List index and element, 4 bytes each, big endian.</param>
    public static byte[] AskOperands(ulong id, in Matter matter, ReadOnlySpan<byte> request) =>
        Move(id, matter).WriteBytes(request).ToCall(DisputesAbi.AskOperands.Selector);

    public static byte[] Prove(ulong id, in Matter matter, ReadOnlySpan<byte> proof) =>
        Move(id, matter).WriteBytes(proof).ToCall(DisputesAbi.Prove.Selector);

    public static byte[] Refute(
        ulong id,
        in Matter matter,
        ReadOnlySpan<byte> request,
        ReadOnlySpan<byte> values,
        ReadOnlySpan<byte> proof) => Move(id, matter)
            .WriteBytes(request)
            .WriteBytes(values)
            .WriteBytes(proof)
            .ToCall(DisputesAbi.Refute.Selector);

    /// <summary>Keeps money of the case in escrow while the dispute lasts, once.</summary>
    /// <param name="amount">Token base units.</param>
    /// <param name="records">Of the batch, as BatchEscrowed has them.</param>
    public static byte[] Defer(
        ulong id,
        in Matter matter,
        in VoucherClass terms,
        in ChannelTerms channel,
        ulong batchId,
        ulong row,
        UInt128 amount,
        ReadOnlySpan<byte> records) => Move(id, matter)
            .Write(terms)
            .Write(channel)
            .Write(batchId)
            .Write(row)
            .Write(amount)
            .WriteBytes(records)
            .ToCall(DisputesAbi.Defer.Selector);

    /// <summary>Begins a dispute that waited, if its turn has come, or its node was convicted;
    /// anyone may.</summary>
    public static byte[] Start(ulong id, in Matter matter) =>
        Move(id, matter).ToCall(DisputesAbi.Start.Selector);

    /// <summary>Ends a dispute whose turn is over; anyone may.</summary>
    public static byte[] Timeout(ulong id, in Matter matter) =>
        Move(id, matter).ToCall(DisputesAbi.Timeout.Selector);

    // Reading.

    /// <summary>Disputes so far; ids run from 1 to this.</summary>
    public Task<ulong> CountAsync(BlockTag block, CancellationToken cancel) => _reader.ReadAsync(
        new AbiWriter().ToCall(DisputesAbi.DisputeCount.Selector),
        1,
        block,
        (ref r) => r.ReadUInt64(),
        cancel);

    public Task<Dispute> DisputeAsync(ulong id, BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(
            new AbiWriter().Write(id).ToCall(DisputesAbi.DisputeOf.Selector),
            17,
            block,
            (ref r) => r.ReadDispute(),
            cancel);

    public Task<DisputeTurn> TurnAsync(ulong id, BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(
            new AbiWriter().Write(id).ToCall(DisputesAbi.TurnOf.Selector),
            3,
            block,
            (ref r) => new DisputeTurn(
                (DisputeSide)r.ReadByte((byte)DisputeSide.Opener),
                r.ReadUInt64(),
                r.ReadBool()),
            cancel);

    /// <summary>keccak256 of what was asked of, then also of what was given as operands.</summary>
    public Task<Bytes32> OperandsAsync(ulong id, BlockTag block, CancellationToken cancel) =>
        _reader.ReadAsync(
            new AbiWriter().Write(id).ToCall(DisputesAbi.OperandsOf.Selector),
            1,
            block,
            (ref r) => r.ReadBytes32(),
            cancel);

    /// <summary>What has happened to a dispute in these blocks, in order.</summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task<List<DisputeEvent>> HistoryAsync(
        ulong id, ulong fromBlock, ulong toBlock, CancellationToken cancel)
    {
        LogFilter filter = new(Address, fromBlock, toBlock, [[], [MoveCalls.About(id)]]);
        List<DisputeEvent> history = [];
        foreach (LogEntry log in await LogScan.ReadAsync(_rpc, filter, cancel)
            .ConfigureAwait(false))
        {
            if (DisputeEvent.TryRead(log, out DisputeEvent happened))
            {
                history.Add(happened);
            }
        }

        return history;
    }

    // What moves carry and events do not.

    /// <summary>The nodes of an answer; false for any other data.</summary>
    public static bool TryReadAnswer(ReadOnlySpan<byte> data, out ulong id, out byte[] nodes)
    {
        bool isRead = TryReadMove(data, DisputesAbi.Answer, out id, out byte[]? found,
            (ref reader) => reader.ReadBytes().ToArray());
        nodes = found ?? [];
        return isRead;
    }

    /// <summary>The trace root that was stated in answer; false for any other data.</summary>
    public static bool TryReadRoot(
        ReadOnlySpan<byte> data, out ulong id, out SignedStatement? statement) => TryReadMove(
            data, DisputesAbi.AnswerRoot, out id, out statement,
            (ref reader) => reader.ReadStatement());

    /// <summary>The request and the values of an operands answer; false for any other data.
    /// </summary>
    public static bool TryReadOperands(
        ReadOnlySpan<byte> data, out ulong id, out byte[] request, out byte[] values)
    {
        bool isRead = TryReadMove(
            data, DisputesAbi.AnswerOperands, out id, out byte[][]? found, (ref reader) =>
            [
                reader.ReadBytes().ToArray(),
                reader.ReadBytes().ToArray(),
                reader.ReadBytes().ToArray(),
            ]);
        (request, values) = isRead ? (found![0], found[1]) : ([], []);
        return isRead;
    }

    /// <summary>The input that was shown; false for any other data.</summary>
    public static bool TryReadInput(ReadOnlySpan<byte> data, out ulong id, out byte[] input)
    {
        bool isRead = TryReadMove(data, DisputesAbi.ShowInput, out id, out byte[]? found,
            (ref reader) => reader.ReadBytes().ToArray());
        input = found ?? [];
        return isRead;
    }

    private static bool TryReadMove<T>(ReadOnlySpan<byte> data, ContractFunction function,
        out ulong id, out T? found, ContractReader.Read<T> read)
    {
        bool isRead = function.TryRead(data, out (ulong Id, T Found) move, (ref reader) =>
        {
            ulong dispute = reader.ReadUInt64();
            reader.ReadMatter();
            return (dispute, read(ref reader));
        });
        (id, found) = move;
        return isRead;
    }

    private static AbiWriter Move(ulong id, in Matter matter) =>
        new AbiWriter().Write(id).Write(matter);
}
