using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Node;

/// <summary>The other side of <see cref="ControlServer"/>: asks the node that has a ledger open.
/// </summary>
public static class ControlClient
{
    /// <summary>Longest answer, bytes: some thousand transactions.</summary>
    private const int AnswerBytesMax = 16 << 20;

    /// <summary>Asks; null when no node has this ledger open.</summary>
    /// <param name="ledger">The ledger's directory.</param>
    /// <param name="command">What is wanted.</param>
    /// <param name="argument">Of what, or "".</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="NodeException">The node refused, or did not answer.</exception>
    public static async Task<JsonElement?> AskAsync(
        string ledger, string command, string argument, CancellationToken cancel)
    {
        string path = LedgerStore.SocketPathOf(ledger);
        using Socket? socket = await ConnectAsync(path, cancel).ConfigureAwait(false);
        if (socket is null)
        {
            return null;
        }

        using NetworkStream stream = new(socket);
        string question = ControlAnswer.Of(json =>
        {
            json.WriteString("command", command);
            json.WriteString("argument", argument);
        });
        await stream.WriteAsync(Encoding.UTF8.GetBytes(question + "\n"), cancel)
            .ConfigureAwait(false);
        return Parse(path, await ReadAsync(stream, cancel).ConfigureAwait(false));
    }

    /// <summary>Whether a node has this ledger open.</summary>
    public static async Task<bool> IsThereAsync(string ledger, CancellationToken cancel)
    {
        using Socket? socket = await ConnectAsync(LedgerStore.SocketPathOf(ledger), cancel)
            .ConfigureAwait(false);
        return socket is not null;
    }

    private static async Task<Socket?> ConnectAsync(string path, CancellationToken cancel)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel)
                .ConfigureAwait(false);
            return socket;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            // Left by a node that was killed, or gone since.
            bool isGone = failure.SocketErrorCode is SocketError.ConnectionRefused
                || !File.Exists(path);
            return isGone
                ? null
                : throw new NodeException(
                    $"{path}: {failure.Message} (ask as the user who runs the node)", failure);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancel)
    {
        using MemoryStream answer = new();
        byte[] some = new byte[16 << 10];
        while (answer.Length <= AnswerBytesMax)
        {
            int read = await stream.ReadAsync(some, cancel).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            answer.Write(some, 0, read);
        }

        return answer.ToArray();
    }

    private static JsonElement Parse(string path, byte[] answer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            JsonElement root = document.RootElement.Clone();
            return root.TryGetProperty(ControlAnswer.ErrorName, out JsonElement error)
                ? throw new NodeException($"the node says: {error.GetString()}")
                : root;
        }
        catch (JsonException)
        {
            throw new NodeException($"{path}: the node ended before it answered (see its log)");
        }
    }
}
