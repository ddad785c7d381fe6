"""Syllables, words and names that made-up values are put together from."""

from __future__ import annotations

from generator.wordlist import pairs, words

ONSETS = words(
    """
    b bl br c ch cl cr d dr f fl fr g gl gr h j k kl kr l m n p pl pr qu r s sc sh sk sl sm sn sp st str
    sw t th tr v w wh x y z zh
    """
)
"""Starts of syllables."""

VOWELS = words(
    """
    a e i o u a e i o u ai au ea ee ie oa oo ou y
    """
)
"""Middles of syllables, common ones twice."""

WORDS = words(
    """
    acorn amber anchor arrow aspen atlas badger bamboo basil beacon bear birch bison blue bolt breeze
    brick bridge bronze butter cactus canvas carbon castle cedar chalk cherry cinder circle cloud clover
    cobalt comet copper coral cosmic crane crystal cube daisy dawn delta desert diamond dolphin dragon
    drift eagle echo ember falcon feather fern field fire flint forest forge fox frost galaxy garden
    ghost giraffe glass globe gold granite grape gravity green hammer harbor hawk hazel hedge honey
    horizon hydra ice indigo iron island ivory jade jasper jungle juniper kestrel kite koala lantern
    laser lava leaf lemon lily lime lion lotus lunar magnet mango maple marble meadow mercury meteor
    mint mirror mist monkey moon moose mosaic moss nebula needle nickel night noble north nova oak ocean
    olive onyx opal orange orbit orchid otter owl oxygen panda paper pearl pebble pepper phoenix pilot
    pine pixel planet plum polar poppy prism pulse purple quartz quill rabbit radar rain raven red reef
    ridge river robin rocket rose ruby saffron sage salmon sand sapphire shadow sierra silver sky slate
    snow solar sonic spark spider spiral spring spruce star steel stone storm sugar summit sun swan
    swift tango teal temple thistle thunder tiger timber topaz torch tower tulip tundra turtle valley
    vanilla vapor velvet violet viper wave whale willow wind winter wolf yellow zebra zen zephyr zinc
    """
)
"""Words that brands, folders and branches are named after."""

KINDS = words(
    """
    Studio Pro Lite Desk Note Notes Player Viewer Editor Manager Tracker Planner Board Hub Box Cloud
    Chat Mail Reader Writer Paint Draw Sketch Photo Video Audio Sound Cast Stream Map Maps Drive Sync
    Backup Vault Pass Guard Scan Print Calc Sheet Sheets Docs Deck Slides Code Lab Labs Kit Tool Tools
    Works Suite Space Flow Bench Forge Shop Market Bank Budget Ledger Invoicer Timer Clock Calendar
    Tasks Client Browser Terminal Console Monitor Designer Builder Maker Explorer Center Connect Remote
    Live Go One Now Plus Max Mini X
    """
)
"""What a program is."""

FIRST = words(
    """
    Aaliyah Abel Ada Adaeze Agnes Aiko Aisling Alan Alejandra Amara Amir Ana Anders Anika Anneke Arjun
    Astrid Aurelio Aylin Babak Beatriz Ben Bridget Bronwyn Camille Carlos Cedric Chidi Chloé Ciara
    Claude Clive Dagny Daniel Deepika Dermot Dilys Dmitri Dora Edith Eero Elif Eoin Esther Fabian Fatima
    Felix Fergus Fiona Freya Gareth Gemma Giorgio Gita Gwen Hamish Hanna Hassan Heidi Hiroshi Ian
    Ibrahim Ines Ingrid Irina Isla Ivo Jana Jasmin Jérôme Joan Joaquín Jonas Joyce Juma Kareem Katya
    Keiko Kenji Kiran Lars Latoya Leila Lena Liv Lorenzo Lucía Magnus Maeve Malik Marek Mariam Matteo
    Mei Mila Milo Mohammed Moira Nadia Naomi Neil Ngozi Niamh Nikhil Nora Olga Omar Orla Oscar Pablo
    Parvati Pedro Petra Philippa Quentin Rachel Rafael Ravi Renée Rhys Rosa Ruben Rupert Sadia Sanjay
    Saoirse Seamus Selma Shira Sigrid Simone Sofía Soren Stella Sunita Tadeusz Tamsin Tanya Tariq Theo
    Thora Tomás Uma Ursula Vera Vikram Wanda Wei Wilf Xavier Yara Yasmin Yusuf Zainab Zoltán Zuzana
    """
)
"""First names."""

LAST = words(
    """
    Abara Adeyemi Andersson Bakker Banerjee Barbosa Beaumont Bielski Blackwood Brandt Brennan Cardoso
    Castellano Chan Chowdhury Clarke Cohen Cooper Costa D'Angelo Dahl Davies De-Souza Dubois Eriksen
    Farrell Fernández Fischer Fitzgerald Fraser Gallagher García Goldberg Grant Gupta Haddad Hansen
    Hashimoto Herrera Horvat Hughes Ibarra Ivanova Jansen Jensen Kamara Kapoor Kaur Keller Khalil Kim
    Kowalski Kumar Lambert Larsen Lindqvist Lopez MacDonald Maguire Mancini Marsh Mbeki McAllister
    McKenna Mendes Meyer Moreau Müller Murphy Nakamura Nguyen Novak Nowak O'Brien O'Connor O'Malley
    O'Sullivan Okafor Oliveira Olsen Ortega Osei Papadopoulos Park Patel Pereira Petrov Pham Quinn
    Rahman Ramirez Reid Ricci Rossi Ryan Sanders Santos Sato Schneider Sharma Silva Singh Sørensen
    Svensson Takahashi Tanaka Thomsen Tran Turner Vargas Virtanen Walsh Weber Wójcik Wright Yamamoto
    Yıldız Young Zhang Ziegler
    """
)
"""Family names."""

TOPICS = words(
    """
    invoices receipts taxes holiday budget report photos scans recipes music backups drafts archive
    school homework contracts clients projects notes letters exports uploads wallpapers templates thesis
    chapter slides minutes payroll insurance mortgage garden wedding birthday camera podcasts videos
    fonts icons designs logos mockups research data results experiments logs configs scripts books
    manuals tickets travel visa medical bills utilities bank inventory schedule roster timesheet survey
    feedback proposal brochure flyer poster newsletter menu guestlist itinerary plan roadmap forecast
    summary analysis review essay poem lyrics sheetmusic blueprint floorplan estimate quote order
    """
)
"""What folders and files are about."""

MONTHS = words(
    """
    January February March April May June July August September October November December
    """
)
"""Months."""

EXTENSIONS = words(
    """
    pdf docx xlsx pptx txt md csv json yaml toml xml html css js ts py rs go java cpp c h rb php sh
    ipynb sql log zip tar.gz png jpg jpeg svg gif psd ai mp3 wav flac mp4 mov mkv epub odt ods rtf key
    pages numbers tex bib conf ini env
    """
)
"""Endings of file names."""

CODE = words(
    """
    api auth login logout user users account billing payment payments checkout cart order orders search
    index parser lexer router proxy gateway worker queue cache redis session token config settings
    profile admin dashboard header footer sidebar navbar modal form table chart export import upload
    download email mailer notify webhook cron scheduler metrics logging tracing docs readme tests
    fixtures schema migration models views routes client server backend frontend mobile android ios web
    desktop cli sdk core utils types errors retry timeout pagination filter sort i18n locale theme
    assets
    """
)
"""Parts of a program."""

CHANGES = words(
    """
    fix add remove update refactor improve drop rename bump try rework clean speed-up revert test
    support
    """
)
"""What is done to a program."""

SERVICES = words(
    """
    db web api app proxy cache queue worker broker search mail auth gateway frontend backend scheduler
    registry monitor exporter grafana kafka solr mongo mysql maria postgres rabbit memcached vault
    consul traefik caddy jenkins sonar nexus
    """
)
"""What runs in containers."""

CODAS = ("", "", "", *words("b ck d ff g k l lt m mp n nd ng nk p r rk rt s sh sk st t th x z zz"))
"""Ends of syllables, often none."""

ENDINGS = ("", "", "", *words("a o io ify ly er ix us eo ara ino ette ster ble le"))
"""Ends of made-up words, often none."""

ACCENTED = pairs("a:àáâäãå e:éèêë i:íîï o:óôöø u:úüû n:ñ c:ç s:š z:ž")
"""Letters and what they look like with an accent."""

LANGUAGES = words("py ts tsx js rs go java cpp c h rb php css html sh kt swift vue")
"""Endings of source files."""
