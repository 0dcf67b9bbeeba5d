using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Node;

/// <summary>What an operator may ask of one transaction, and how transactions are told.</summary>
internal sealed class OutboxDesk(Outbox outbox)
{
    /// <summary><c>bump</c> and <c>cancel</c> of the row whose decimal id is the argument.
    /// </summary>
    /// <exception cref="NodeException">It is no id.</exception>
    /// <exception cref="ChainException">The outbox refuses.</exception>
    public async Task<string> AnswerAsync(
        string command, string argument, CancellationToken cancel)
    {
        if (!long.TryParse(
            argument, NumberStyles.None, CultureInfo.InvariantCulture, out long id))
        {
            throw new NodeException($"\"{argument}\" is no id of a transaction (see: outbox)");
        }

        OutboxEntry entry = await (command == "bump"
            ? outbox.BumpAsync(id, cancel)
            : outbox.CancelAsync(id, cancel)).ConfigureAwait(false);
        return ControlAnswer.Of(json =>
        {
            Rows(json, "transactions", [entry]);
            json.WriteString("next", NextOf(command, entry));
        });
    }

    /// <summary>The transactions of an outbox, a row each.</summary>
    public static void Rows(
        Utf8JsonWriter json, string name, IReadOnlyList<OutboxEntry> entries)
    {
        json.WriteStartArray(name);
        foreach (OutboxEntry entry in entries)
        {
            OutboxAttempt? last = entry.Attempts.Count == 0 ? null : entry.Attempts[^1];
            json.WriteStartObject();
            json.WriteNumber("id", entry.Id);
            json.WriteString("kind", entry.Request.Kind);
            json.WriteString("state", entry.State.ToString());
            json.WriteString("outcome", entry.Outcome.ToString());
            json.Amount("nonce", entry.Nonce);
            json.WriteNumber("attempts", entry.Attempts.Count);
            json.WriteBoolean("urgent", entry.Request.IsUrgent);
            json.Amount("maxFee", last?.MaxFee);
            json.Amount("gasLimit", last?.GasLimit);
            json.WriteNumber("block", entry.MinedBlock);
            json.WriteString("hash", entry.MinedTxHash.IsZero && last is not null
                ? last.TxHash.ToString()
                : entry.MinedTxHash.ToString());
            json.WriteString("note", entry.Note);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string NextOf(string command, OutboxEntry entry)
    {
        if (command == "bump")
        {
            return "signed anew at the next block, at an eighth more or the market price, as far "
                + "as the caps of the configuration allow";
        }

        return entry.Request.Kind == Redeemer.Kind
            ? "ended; its units are still due, and the node builds it anew where that is worth it"
            : "ended; nothing of it was signed";
    }
}
