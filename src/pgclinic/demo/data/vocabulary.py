"""What callers and the assistant say, in French as in Québec; texts are ready for COPY (tabs, newlines escaped)."""

import random
from functools import cache

_CALLER = (
    "Bonjour, mon drain de sous-sol refoule depuis hier soir et ça sent vraiment mauvais.",
    "L'eau remonte dans la douche chaque fois que je pars la laveuse.",
    "On a eu une grosse pluie et il y a deux pouces d'eau dans la cave.",
    "Est-ce que vous passez dans le coin de Laval en fin de semaine?",
    "Mon évier de cuisine coule très lentement, j'ai déjà essayé un produit.",
    "C'est pour une inspection par caméra avant d'acheter une maison.",
    "Le drain français date de 1978, il est sûrement bouché par les racines.",
    "Combien ça coûte pour déboucher une toilette un dimanche?",
    "Je suis gestionnaire de l'immeuble, c'est urgent, trois logements sont touchés.",
    "Vous étiez venus il y a deux ans, avez-vous encore mon dossier?",
    "Pouvez-vous m'envoyer la soumission par courriel, s'il vous plaît?",
    "Le technicien est arrivé en retard mais le travail était bien fait.",
    "Je préfère un rendez-vous en avant-midi, je travaille de soir.",
    "La trappe à graisse du restaurant déborde, l'inspecteur vient demain.",
    "Non, il n'y a pas d'accès par l'extérieur, il faut passer par le garage.",
    "Mon voisin a eu le même problème la semaine passée avec la ville.",
)
_ASSISTANT = (
    "Drain Fortin, bonjour! Comment puis-je vous aider aujourd'hui?",
    "Je comprends, c'est désagréable. À quelle adresse se trouve le problème?",
    "Est-ce que l'eau monte en ce moment ou est-ce que le niveau est stable?",
    "Je peux vous proposer demain entre huit heures et dix heures, cela vous convient?",
    "Le montant minimum est de trois cent cinquante dollars plus taxes.",
    "Un technicien vous rappelle dans les deux prochaines minutes, restez disponible.",
    "J'ai bien noté votre numéro. Puis-je avoir votre nom complet?",
    "Évitez d'utiliser l'eau jusqu'à l'arrivée de l'équipe, s'il vous plaît.",
    "Pour une inspection par caméra, comptez environ une heure sur place.",
    "Vous allez recevoir la confirmation par message texte dans un instant.",
    "Avez-vous un accès au regard de nettoyage, dans le plancher du sous-sol?",
    "Parfait, c'est réservé. Y a-t-il autre chose que je puisse faire pour vous?",
)
FIRST_NAMES = (
    "Émilie", "Luc", "Marie", "Jean-François", "Sophie", "Martin", "Geneviève", "Alexandre", "Isabelle", "Mathieu",
    "Chantal", "Stéphane", "Julie", "Benoît", "Caroline", "Yves", "Nathalie", "Samuel", "Josée", "Réjean",
)  # fmt: skip
LAST_NAMES = (
    "Tremblay", "Gagnon", "Roy", "Côté", "Bouchard", "Gauthier", "Morin", "Lavoie", "Fortin", "Gagné",
    "Ouellet", "Pelletier", "Bélanger", "Lévesque", "Bergeron", "Leblanc", "Paquette", "Girard", "Simard", "Nguyen",
)  # fmt: skip
STREETS = ("rue Saint-Denis", "boulevard Taschereau", "avenue du Parc", "chemin Chambly", "rue Sherbrooke", "3e Avenue")
CITIES = (
    "Montréal", "Laval", "Longueuil", "Brossard", "Terrebonne", "Repentigny", "Saint-Jérôme", "Blainville", "Québec",
)  # fmt: skip
SERVICES = (
    "drain_cleaning", "camera_inspection", "sewer_backup", "french_drain", "root_removal", "roof_drain",
    "grease_trap", "gutter_cleaning",
)  # fmt: skip
REASONS = ("flooding", "sewage backup", "slow drain", "quote requested", "follow-up")

_BLOCK_CHARACTERS = (400, 600)
_BLOCKS = 1024


@cache
def dialogue(seed: int) -> tuple[str, ...]:
    """Pieces of conversation of 400 to 600 characters: three make a transcript of 1.5 kB that stays in the row."""
    draw = random.Random(f"{seed}/dialogue")  # noqa: S311 - reproducible data, no secret
    return tuple(_block(draw, draw.randint(*_BLOCK_CHARACTERS)) for _ in range(_BLOCKS))


def _block(draw: random.Random, length: int) -> str:
    lines: list[str] = []
    size = 0
    while size < length:
        line = f"{draw.randint(0, 9)}:{draw.randint(10, 59)} Agent: {draw.choice(_ASSISTANT)}\\n"
        line += f"Client: {draw.choice(_CALLER)}\\n"
        lines.append(line)
        size += len(line)
    return "".join(lines)[:length].rstrip("\\")


def remarks(seed: int, count: int) -> tuple[str, ...]:
    """Short texts of 160 characters that may stand inside a JSON string."""
    return tuple(block[:160].replace("\\n", " ").rstrip("\\") for block in dialogue(seed)[:count])
