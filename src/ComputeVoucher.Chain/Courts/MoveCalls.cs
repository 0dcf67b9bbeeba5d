using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>The calls behind the events of Disputes.sol and Claims.sol: what was answered, shown
/// or claimed stands in them alone.</summary>
/// <remarks>Of a contract's call the event Called says the data, ahead of the move's own events;
/// without one a plain account sent the transaction to that contract, and its data is the call
/// (Visible.sol).</remarks>
public static class MoveCalls
{
    /// <summary>The data of the call that made an event; null where the endpoint does not know the
    /// transaction.</summary>
    /// <param name="rpc">The chain.</param>
    /// <param name="happened">The event, of this contract or of one that it called.</param>
    /// <param name="contract">Disputes or Claims.</param>
    /// <param name="about">The dispute's id as a word, or the channel.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public static async Task<byte[]?> ReadAsync(JsonRpcClient rpc, LogEntry happened,
        Address contract, Bytes32 about, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        ArgumentNullException.ThrowIfNull(happened);
        LogFilter filter = new(contract, happened.BlockNumber, happened.BlockNumber,
            [[VisibleAbi.Called.Topic], [about]]);
        byte[]? call = null;
        foreach (LogEntry log in await LogScan.ReadAsync(rpc, filter, cancel)
            .ConfigureAwait(false))
        {
            // The last one before: a transaction may make several moves.
            if (log.TransactionHash == happened.TransactionHash
                && log.LogIndex < happened.LogIndex && !log.IsRemoved)
            {
                call = new AbiReader(log.Data).ReadBytes().ToArray();
            }
        }

        return call ?? (await rpc.TransactionAsync(happened.TransactionHash, cancel)
            .ConfigureAwait(false))?.Input;
    }

    /// <summary>What <c>about</c> is for a dispute.</summary>
    public static Bytes32 About(ulong dispute) => new(new AbiWriter().Write(dispute).ToArray());
}

/// <summary>What src/contracts/courts/Visible.sol declares.</summary>
internal static class VisibleAbi
{
    public static readonly ContractEvent Called = new(
        "7887e89397f114e46966a0746af355c116c860200555faddc577d798db32ad72",
        "Called(bytes32,bytes)");
}
