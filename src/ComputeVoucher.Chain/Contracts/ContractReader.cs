using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>eth_call of one contract, with the answer read strictly.</summary>
internal sealed class ContractReader
{
    private const int WordBytes = 32;

    private readonly JsonRpcClient _rpc;
    private readonly Address _contract;

    public ContractReader(JsonRpcClient rpc, Address contract)
    {
        _rpc = rpc;
        _contract = contract;
    }

    /// <summary>Reads the words that a call returns.</summary>
    public delegate T Read<T>(ref AbiReader reader);

    public Task<UInt256> NumberAsync(byte[] data, BlockTag block, CancellationToken cancel) =>
        ReadAsync(data, 1, block, (ref r) => r.ReadUInt256(), cancel);

    /// <param name="words">Exactly so many 32-byte words are expected; fewer means that no
    /// contract lives there.</param>
    public async Task<T> ReadAsync<T>(
        byte[] data,
        int words,
        BlockTag block,
        Read<T> read,
        CancellationToken cancel,
        Address from = default)
    {
        byte[] answer = await AnswerAsync(data, block, from, cancel).ConfigureAwait(false);
        if (answer.Length != words * WordBytes)
        {
            throw new ChainException(
                ChainFault.Malformed,
                $"{_contract}: {answer.Length} bytes where {words} words are wanted; is the "
                    + "contract deployed there?");
        }

        return Parse(answer, read);
    }

    private Task<byte[]> AnswerAsync(
        byte[] data, BlockTag block, Address from, CancellationToken cancel) =>
        _rpc.CallAsync(new CallRequest(from, _contract, data), block, cancel);

    private T Parse<T>(byte[] answer, Read<T> read)
    {
        try
        {
            AbiReader reader = new(answer);
            return read(ref reader);
        }
        catch (FormatException e)
        {
            throw new ChainException(ChainFault.Malformed, $"{_contract}: {e.Message}", e);
        }
    }
}
